select
    customer_id,
    strptime(date, '%Y%m%d')::date as ordered_on,
    number_of_cds as cds,
    dollar_value as amount
from {{ source('raw', 'purchases') }}
