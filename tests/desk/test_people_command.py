from contextlib import contextmanager

from typer.testing import CliRunner

from bot.desk.commands import make_people_app


def run(url, *words):
    @contextmanager
    def open_database():
        yield url

    return CliRunner().invoke(make_people_app(open_database), list(words))


def test_an_account_is_made_shown_closed_and_opened(database):
    made = run(database.url, "add", "wang", "王芳", "--role", "outlet_agent", "--unit", "HZ001")
    listed = run(database.url, "list")
    closed = run(database.url, "close", "wang")

    assert made.exit_code == 0
    assert "password" in made.output
    assert "HZ001" in listed.output
    assert closed.exit_code == 0
    assert "closed" in run(database.url, "list").output


def test_an_outlets_account_needs_its_outlet(database):
    refused = run(database.url, "add", "wang", "王芳", "--role", "outlet_agent")

    assert refused.exit_code != 0
