# Airflow 3.3.2 on Python 3.12: the release that pyproject.toml names (tests/project holds them together).
FROM astrocrpublic.azurecr.io/runtime:3.3-8-python-3.12

# Cosmos and dbt report usage to their makers unless told not to.
ENV AIRFLOW__COSMOS__ENABLE_TELEMETRY=False \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False \
    DO_NOT_TRACK=1

# Where runs put the warehouse and the models. Owned by the image's user, so that a volume mounted
# here for the first time (docker-compose.override.yml) can be written to.
USER root
RUN install --directory --owner=astro --group=0 --mode=0775 /usr/local/airflow/working_data
USER astro
