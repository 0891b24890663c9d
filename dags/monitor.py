"""One monitoring DAG for every file in include/segmentations: <name>_monitor."""

from airflow.sdk import DAG

import dags.interface  # noqa: F401  first: does include/ fit?
from include.gmm.settings import Segmentation
from include.orchestration.assets import champion_asset, drift_asset, features_asset, maybe
from include.orchestration.building import build
from include.orchestration.dag_defaults import dag_defaults
from include.orchestration.monitoring import measure_drift
from include.orchestration.preprocessing import data_preprocessing
from include.orchestration.training import load_data

DOC = """
### {title}: drift

Loads `{table}` anew, builds the features, and holds them against those that the champion was fitted
to: every feature, the log-likelihood, the shares of the segments, and how sure they are. A breach
of the thresholds in `include/segmentations/{name}.yaml` starts `{name}_train`, at most once in
{days} days. The result is in the **Clusters** tab of each run, and over time in that of the DAG.
"""


def monitor_dag(segmentation: Segmentation) -> DAG:
    """load_data >> data_preprocessing >> measure_drift."""
    name = segmentation.name
    with DAG(
        dag_id=f"{name}_monitor",
        description=f"{segmentation.title}: drift",
        doc_md=DOC.format(
            title=segmentation.title,
            table=segmentation.source.table,
            name=name,
            days=segmentation.monitoring.retrain_after_days,
        ),
        schedule=segmentation.monitoring.schedule,
        tags=["gmm", "monitor", name],
        **dag_defaults(segmentation),
    ) as dag:
        drift = measure_drift.override(
            inlets=[champion_asset(name), features_asset(name), drift_asset(name)],
            outlets=[maybe(drift_asset(name))],
        )
        preprocessing, features = data_preprocessing(segmentation)
        load = load_data.override(inlets=[champion_asset(name)])
        load(name) >> preprocessing >> drift(name, features)
    return dag


DAGS, FAULTS = build(monitor_dag)
globals().update(DAGS)
