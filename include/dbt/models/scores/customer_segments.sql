-- What people and tools read: its columns and their types are a contract, whatever the champion is.
select
    customer_id,
    segment_id,
    segment_name,
    probability,
    entropy,
    model_version,
    scored_at,
    probabilities
from {{ source('scores', 'customer_scores') }}
