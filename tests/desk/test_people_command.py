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


def test_roles_teams_links_and_waits_are_changed_from_the_command_line(database):
    run(database.url, "create", "wang", "王芳")
    run(database.url, "create", "boss", "管理员", "--role", "admin")
    role = run(database.url, "role", "wang", "supervisor")
    team = run(database.url, "team", "claims", "--label", "理赔组", "--skill", "apply_claim", "--member", "wang")
    kept = run(database.url, "team", "claims", "--label", "赔付组")
    link = run(database.url, "reset", "wang")
    unlocked = run(database.url, "unlock", "wang")
    closed = run(database.url, "deactivate", "wang")

    assert [one.exit_code for one in (role, team, kept, link, unlocked, closed)] == [0] * 6
    assert "supervisor" in run(database.url, "list").output
    assert kept.output.strip() == "claims  赔付组  apply_claim: wang"
    assert "赔付组  apply_claim: wang" in run(database.url, "teams").output
    assert "/desk/reset#" in link.output


def test_the_last_administrator_stays_from_the_command_line_too(database):
    run(database.url, "create", "boss", "管理员", "--role", "admin")

    assert run(database.url, "close", "boss").exit_code != 0
    assert run(database.url, "role", "boss", "agent").exit_code != 0
