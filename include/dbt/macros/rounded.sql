{# A number to so many decimal places, halves up: the same bits in every database. #}
{% macro rounded(value, places) -%}
floor(cast({{ value }} as double precision) * {{ 10 ** places }} + 0.5) / {{ 10 ** places }}
{%- endmacro %}
