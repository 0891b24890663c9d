select
    customer_id,
    cast(
        substr(date, 1, 4) || '-' || substr(date, 5, 2) || '-' || substr(date, 7, 2) as date
    ) as ordered_on,
    number_of_cds as cds,
    dollar_value as amount
from {{ source('raw', 'purchases') }}
