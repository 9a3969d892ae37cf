"""Settings are read once, and a bad one names itself."""

from datetime import datetime, timedelta

import pytest

from archive.errors import SettingsError
from archive.settings import Settings


def test_nothing_set_means_everything_in_the_home_on_loopback(tmp_path):
    settings = Settings.from_environment({"DICOMTUBE_HOME": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/dicomtube.sqlite"
    assert settings.objects_url == (tmp_path / "objects").as_uri()
    assert (str(settings.http_bind), str(settings.dimse_bind)) == (
        "127.0.0.1:8000",
        "127.0.0.1:11112",
    )
    assert settings.access == "open"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.broker_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DICOMTUBE_DATABASE_URL", "mysql://x/y"),
        ("DICOMTUBE_DATABASE_URL", "sqlite://"),
        ("DICOMTUBE_DATABASE_URL", "sqlite:///:memory:"),
        ("DICOMTUBE_OBJECTS_URL", "objects"),
        ("DICOMTUBE_OBJECTS_URL", "s3://"),
        ("DICOMTUBE_S3_ENDPOINT", "localhost:9000"),
        ("DICOMTUBE_HTTP_BIND", "8000"),
        ("DICOMTUBE_DIMSE_BIND", "127.0.0.1:99999"),
        ("DICOMTUBE_ACCESS", "everybody"),
        ("DICOMTUBE_PUBLIC_URL", "pacs.example.org"),
        ("DICOMTUBE_MAX_INSTANCE_BYTES", "4 GB"),
        ("DICOMTUBE_MAX_PARTS", "0"),
        ("DICOMTUBE_TIMEZONE", "Europe/Atlantis"),
        ("DICOMTUBE_TIMEZONE", "+1"),
        ("DICOMTUBE_TIMEZONE", "../etc/passwd"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: value})


@pytest.mark.parametrize(
    ("name", "field", "address"),
    [
        ("DICOMTUBE_DATABASE_URL", "database_url", "postgresql+psycopg://us:geheim@db/dicomtube"),
        ("DICOMTUBE_BROKER_URL", "broker_url", "redis://:geheim@queue:6379/0"),
    ],
)
def test_an_address_with_a_password_may_lie_in_a_file_and_is_never_shown(
    tmp_path, name, field, address
):
    file = tmp_path / "address"
    file.write_text(f"{address}\n")
    settings = Settings.from_environment({f"{name}_FILE": str(file)})
    assert getattr(settings, field) == address
    assert "geheim" not in repr(settings)
    for wrong in ({name: address}, {f"{name}_FILE": str(tmp_path / "none")}):
        with pytest.raises(SettingsError, match=name):
            Settings.from_environment({f"{name}_FILE": str(file), **wrong})


@pytest.mark.parametrize(
    ("name", "hours"), [("", 0), ("UTC", 0), ("-0330", -3.5), ("Asia/Tokyo", 9)]
)
def test_the_zone_of_instances_that_name_none_is_an_offset_or_a_place(name, hours):
    zone = Settings.from_environment({"DICOMTUBE_TIMEZONE": name}).timezone
    assert datetime(2020, 1, 1, tzinfo=zone).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "[::]:8000", "192.0.2.7:8000", "example.org:80"])
@pytest.mark.parametrize("name", ["DICOMTUBE_HTTP_BIND", "DICOMTUBE_DIMSE_BIND"])
def test_open_access_refuses_what_another_machine_could_reach(name, bind):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: bind})
    Settings.from_environment({name: bind, "DICOMTUBE_ACCESS": "accounts"})


def test_open_access_refuses_to_stand_behind_a_public_address():
    environ = {"DICOMTUBE_PUBLIC_URL": "https://pacs.example.org"}
    with pytest.raises(SettingsError, match="DICOMTUBE_PUBLIC_URL"):
        Settings.from_environment(environ)
    Settings.from_environment({**environ, "DICOMTUBE_ACCESS": "accounts"})


@pytest.mark.parametrize("bind", ["127.0.0.1:1", "[::1]:1", "localhost:1", "127.9.9.9:1"])
def test_open_access_takes_every_loopback_address(bind):
    assert Settings.from_environment({"DICOMTUBE_HTTP_BIND": bind}).http_bind.is_loopback


def test_plain_http_to_another_machine_must_be_asked_for():
    environ = {"DICOMTUBE_S3_ENDPOINT": "http://s3.example.org"}
    with pytest.raises(SettingsError, match="DICOMTUBE_S3_ENDPOINT"):
        Settings.from_environment(environ)
    assert Settings.from_environment({**environ, "DICOMTUBE_S3_ALLOW_HTTP": "1"}).s3_endpoint
    local = {"DICOMTUBE_S3_ENDPOINT": "http://127.0.0.1:9000"}
    assert Settings.from_environment(local).s3_endpoint == "http://127.0.0.1:9000"


def test_a_postgresql_url_gets_the_driver_that_we_install():
    settings = Settings.from_environment({"DICOMTUBE_DATABASE_URL": "postgres://u@h/d"})
    assert settings.database_url == "postgresql+psycopg://u@h/d"


def test_limits_take_units():
    settings = Settings.from_environment({"DICOMTUBE_MAX_INSTANCE_BYTES": "512M"})
    assert settings.limits.max_instance_bytes == 512 * 1024 * 1024


def test_proxies_and_further_names_are_lists():
    environ = {
        "DICOMTUBE_ACCESS": "accounts",
        "DICOMTUBE_TRUSTED_PROXIES": "10.1.2.0/24, 2001:db8::1",
        "DICOMTUBE_ALLOWED_HOSTS": "PACS.example.org pacs:8443",
    }
    settings = Settings.from_environment(environ)
    assert [str(one) for one in settings.trusted_proxies] == ["10.1.2.0/24", "2001:db8::1/128"]
    assert settings.allowed_hosts == {"pacs.example.org", "pacs:8443"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DICOMTUBE_TRUSTED_PROXIES", "10.1.2.3/24"),
        ("DICOMTUBE_TRUSTED_PROXIES", "everybody"),
        ("DICOMTUBE_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("DICOMTUBE_TRUSTED_PROXIES", "::/0"),
        ("DICOMTUBE_ALLOWED_HOSTS", "https://pacs.example.org"),
        ("DICOMTUBE_ALLOWED_HOSTS", "pacs/x"),
        ("DICOMTUBE_PUBLIC_URL", "https://pacs.example.org/a b"),
        ("DICOMTUBE_PUBLIC_URL", "https://user@pacs.example.org"),
        ("DICOMTUBE_PUBLIC_URL", "https://pacs.example.org/../x"),
        ("DICOMTUBE_PUBLIC_URL", "https://pacs.example.org/x?y"),
    ],
)
def test_a_bad_address_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: value, "DICOMTUBE_ACCESS": "accounts"})


@pytest.mark.parametrize("name", ["DICOMTUBE_TRUSTED_PROXIES", "DICOMTUBE_ALLOWED_HOSTS"])
def test_open_access_stands_behind_no_proxy(name):
    environ = {name: "10.1.2.3"}
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(environ)
    Settings.from_environment({**environ, "DICOMTUBE_ACCESS": "accounts"})
