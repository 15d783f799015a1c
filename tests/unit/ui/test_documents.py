from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quantsim_viz.errors import ConfigError
from quantsim_viz.ui import documents, sources

if TYPE_CHECKING:
    from pathlib import Path


def test_a_preset_is_named_by_its_name_and_has_no_file_to_save_to() -> None:
    source = documents.config_source("default_config", sources.allowed_roots())
    assert source.name == "default_config"
    assert source.path is None
    with pytest.raises(ConfigError) as caught:
        documents.save_back(source, "{}")
    assert caught.value.code == "no-file"


def test_a_file_is_saved_back(config_file: Path) -> None:
    roots = sources.allowed_roots([str(config_file.parent)])
    source = documents.config_source(str(config_file), roots)
    saved = documents.save_back(source, '{"new": 1}')
    assert config_file.read_text(encoding="utf-8") == '{"new": 1}'
    assert documents.save_back(saved, "{}").text == "{}"
    assert [p.name for p in config_file.parent.iterdir()] == ["mine.json"]


def test_a_file_that_changed_on_disk_is_never_overwritten(config_file: Path) -> None:
    roots = sources.allowed_roots([str(config_file.parent)])
    source = documents.config_source(str(config_file), roots)
    config_file.write_text("somebody else's", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        documents.save_back(source, "{}")
    assert caught.value.code == "changed-on-disk"
    assert config_file.read_text(encoding="utf-8") == "somebody else's"


def test_a_file_that_is_gone_is_not_brought_back_silently(config_file: Path) -> None:
    roots = sources.allowed_roots([str(config_file.parent)])
    source = documents.config_source(str(config_file), roots)
    config_file.unlink()
    with pytest.raises(ConfigError) as caught:
        documents.save_back(source, "{}")
    assert caught.value.code == "gone"


def test_a_file_that_is_not_json_is_opened_all_the_same(config_file: Path) -> None:
    config_file.write_text('{"defaults": ', encoding="utf-8")
    roots = sources.allowed_roots([str(config_file.parent)])
    assert documents.config_source(str(config_file), roots).text == '{"defaults": '


def test_an_upload_must_be_a_text() -> None:
    with pytest.raises(ConfigError) as caught:
        documents.uploaded_config("c.json", b"\xff\xfe\x00")
    assert caught.value.code == "not-utf8"
    assert documents.uploaded_config("c.json", b"\xef\xbb\xbf{}").text == "{}"
