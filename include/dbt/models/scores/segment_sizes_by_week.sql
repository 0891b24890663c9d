-- Every scoring, and every rollback, replaces the rows of the week in which it happens: those of
-- earlier weeks are the history. A rollback shows a table that may have been made weeks ago.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='week') }}

select
    cast(date_trunc('week', timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}') as date) as week,
    segment_id,
    count(*) as customers,
    cast(count(*) as double precision) / sum(count(*)) over () as share,
    avg(cast(probability as double precision)) as mean_probability,
    max(model_version) as model_version,
    max(scored_at) as scored_at
from {{ ref('customer_segments') }}
group by 1, 2
