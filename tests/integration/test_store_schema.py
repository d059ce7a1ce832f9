"""Opening, migrations and the schema, over both databases."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import ledger.store.migrations
from ledger.errors import StoreUnavailable
from ledger.store import SqlStore
from ledger.store.models import METADATA

FOLDER = ledger.store.migrations.__path__[0]


def test_the_migrated_schema_is_the_one_of_the_models(empty_url: str) -> None:
    with SqlStore.open(empty_url) as store, store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": METADATA})
        assert compare_metadata(context, METADATA) == []


def test_the_known_revisions_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory(FOLDER)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(ledger.store.migrations.REVISIONS)


def test_a_downgrade_leaves_no_table_behind(store: SqlStore) -> None:
    config = Config()
    config.set_main_option("script_location", FOLDER)
    with store.write() as connection:
        config.attributes["connection"] = connection
        downgrade(config, "base")
    assert inspect(store.engine).get_table_names() == ["alembic_version"]


def test_two_processes_can_open_a_new_database_at_once(empty_url: str) -> None:
    code = "import sys; from ledger.store import SqlStore; SqlStore.open(sys.argv[1]).close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, empty_url], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert errors == [""] * 3
    with SqlStore.open(empty_url) as store:
        assert store.registrars() == []


def test_many_threads_can_open_a_new_database_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        for store in pool.map(SqlStore.open, [empty_url] * 6):
            store.ping()
            store.close()


def test_opening_a_current_database_is_quick_and_needs_no_alembic(store_url: str) -> None:
    code = (
        "import sys; from ledger.store import SqlStore; SqlStore.open(sys.argv[1]).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    SqlStore.open(store_url).close()
    assert subprocess.run([sys.executable, "-c", code, store_url], check=False, timeout=60).returncode == 0
    started = time.process_time()
    SqlStore.open(store_url).close()
    assert time.process_time() - started < 0.05


def test_a_database_of_a_newer_release_is_refused(store: SqlStore, store_url: str) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="9999") as caught:
        SqlStore.open(store_url)
    assert "release" in caught.value.advice


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/missing/a.db", f"postgresql://nobody@/a?host={tmp_path}"):
        with pytest.raises(StoreUnavailable):
            SqlStore.open(url)


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_text("not a database " * 100)
    with pytest.raises(StoreUnavailable):
        SqlStore.open(f"sqlite:///{path}")
