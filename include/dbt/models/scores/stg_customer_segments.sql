select
    customer_id,
    segment_id,
    probability,
    entropy,
    model_version,
    scored_at
from {{ source('scores', 'customer_segments') }}
