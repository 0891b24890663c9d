# Airflow 3.3.2 on Python 3.12: the release that pyproject.toml names (tests/project holds them together).
# A digest behind the tag (`@sha256:...`; `docker buildx imagetools inspect` tells it) fixes every bit.
FROM astrocrpublic.azurecr.io/runtime:3.3-8-python-3.12

# Cosmos and dbt report usage to their makers unless told not to.
ENV AIRFLOW__COSMOS__ENABLE_TELEMETRY=False \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False \
    DO_NOT_TRACK=1 \
    NUMBA_CACHE_DIR=/usr/local/airflow/.compiled

USER root
# Bytecode of all Python in the image, which its user could not write: every task would compile
# afresh what it imports. Halves the processor time of `import airflow.sdk` and of reading a DAG file
# (docs/deploying.md has the figures). What this Python cannot compile, it tells of when it is
# imported, not here: some packages have a file for another Python, and a DAG may be unfinished.
RUN python -W ignore -m compileall -qq -j 0 $(python -c \
    'from sysconfig import get_path; print(*map(get_path, ("stdlib", "purelib", "platlib")))') \
    /usr/local/airflow || true

# Where runs put the warehouse and the models, and where the compiled kernel is. Owned by the image's
# user, so that a volume mounted at the first (docker-compose.override.yml) can be written to.
RUN install --directory --owner=astro --group=0 --mode=0775 \
    /usr/local/airflow/working_data /usr/local/airflow/.compiled
USER astro

# The kernel that fits mixtures, for all processors with AVX2: no container compiles it any more.
RUN cd /usr/local/airflow && python -m include.gmm.mixture.em.ahead
