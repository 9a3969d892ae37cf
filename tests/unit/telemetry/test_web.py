"""The operator's pages answer from callables and nothing else."""

from flask import Flask
from flask.testing import FlaskClient

from telemetry.web import create_blueprint


def client(**given: object) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(**given))  # type: ignore[arg-type]
    return app.test_client()


def broken() -> None:
    raise OSError("no route")


def test_health_is_200_when_all_checks_are_well() -> None:
    answer = client(checks={"database": lambda: None}).get("/healthz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")
    assert answer.headers["Cache-Control"] == "no-store"


def test_health_is_503_when_the_database_is_down() -> None:
    answer = client(checks={"database": broken}).get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"] == {
        "ok": False,
        "duration_ms": answer.get_json()["checks"]["database"]["duration_ms"],
        "error": "OSError",
    }


def test_health_is_200_and_degraded_when_only_the_broker_is_down() -> None:
    answer = client(checks={"database": lambda: None, "broker": broken}).get("/healthz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")


def test_alive_asks_nobody() -> None:
    assert client(checks={"database": broken}).get("/healthz/live").status_code == 200


def test_metrics_show_a_reading_and_leave_out_one_that_cannot_be_had() -> None:
    def unknown() -> float:
        raise OSError

    page = client(
        checks={},
        readings={"unprocessed_studies": lambda: 7.0, "unprocessed_oldest_seconds": unknown},
    ).get("/metrics")
    assert "dicomtube_unprocessed_studies 7.0" in page.text
    assert "dicomtube_unprocessed_oldest_seconds" not in page.text
    assert "dicomtube_request_seconds" in page.text
