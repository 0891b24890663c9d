-- Every scoring replaces the rows of its week: those of earlier weeks are the history.
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='week') }}

select
    cast(date_trunc('week', scored_at) as date) as week,
    segment_id,
    count(*) as customers,
    count(*) / sum(count(*)) over () as share,
    avg(probability) as mean_probability,
    max(model_version) as model_version,
    max(scored_at) as scored_at
from {{ ref('stg_customer_segments') }}
group by 1, 2
