"""What may be declared of a source, and how the rest is refused."""

import duckdb
import pytest

from include.gmm import declared, settings
from include.gmm.errors import InputError

SEGMENTATION = {
    "name": "shops",
    "title": "Shops",
    "features": {"model": "shops", "key": "id", "columns": {"n": {}}},
}
NESTED = {"array", "enum", "geometry", "list", "map", "null", "row", "struct", "tuple", "type"}


def refused(**source: object) -> str:
    content = {"table": "raw.shops", "columns": {"id": "BIGINT"}, **source}
    with pytest.raises(InputError) as caught:
        settings.validate({**SEGMENTATION, "source": content}, "shops.yaml")
    return str(caught.value)


def test_every_name_that_duckdb_has_for_a_type_of_values_is_accepted() -> None:
    with duckdb.connect() as connection:
        names = connection.execute("SELECT DISTINCT type_name FROM duckdb_types()").fetchall()
    for (name,) in names:
        if name.lower() not in NESTED | {"union", "variant"}:
            assert declared.sql_type(name) == name


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("INT4", "INTEGER"),
        ("DOUBLE PRECISION", "DOUBLE"),
        ("double  precision", "DOUBLE"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("CHARACTER VARYING(20)", "VARCHAR"),
        ("DECIMAL( 10 , 2 )", "DECIMAL(10,2)"),
        ("numeric(5)", "DECIMAL(5,0)"),
        ("TIMESTAMP(3)", "TIMESTAMP_MS"),
    ],
)
def test_types_may_be_written_as_sql_has_them(text: str, meant: str) -> None:
    assert duckdb.sqltype(declared.sql_type(text)) == meant


@pytest.mark.parametrize(
    "text", ["NONSENSE", "INTEGER[]", "STRUCT(a INT)", "INT); DROP TABLE x", "", "DECIMAL(1,2,3)"]
)
def test_a_type_that_does_not_exist_is_refused_at_its_key(text: str) -> None:
    assert "shops.yaml: source.columns.id: " in refused(columns={"id": text})


@pytest.mark.parametrize("schema", ["temp", "system", "information_schema", "pg_catalog", "scores"])
def test_a_schema_that_is_not_the_users_is_refused_at_its_key(schema: str) -> None:
    message = refused(table=f"{schema}.x")
    assert "source.table: " in message
    assert f"the schema {schema} is reserved" in message


@pytest.mark.parametrize("table", ["shops", "Raw.shops", "raw.shops.x", "raw.my shops"])
def test_a_table_that_is_not_written_as_schema_and_table_is_refused(table: str) -> None:
    assert "source.table: " in refused(table=table)


def test_an_encoding_that_python_does_not_know_is_refused_at_its_key() -> None:
    assert "source.encoding: " in refused(encoding="nonsense")


def test_columns_that_differ_only_in_case_are_refused_at_their_key() -> None:
    assert "source.columns: " in refused(columns={"id": "BIGINT", "ID": "BIGINT"})
