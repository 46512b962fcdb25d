"""The console in a real browser: from logging in to logging out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.engine.service.console_folder import HOSTILE, SIGNUPS, console_folder
from tests.engine.service.long_orders import wait_for_shop, warehouse_closed
from tests.engine.service.serving import Served, serving

PATIENCE_MS = 90_000
LOST = """\
ir_version: "3.1"
name: lost
goal: Orders of a file that nobody wrote.
data_sources:
  - {type: file, alias: orders, location: ordres.csv}
delivery_rules:
  file_delivery: {format: csv}
"""
PHONE = 360


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(console_folder(tmp_path_factory.mktemp("console"))) as found:
        yield found


@pytest.fixture(scope="module")
def cookies(served: Served, chromium: Browser) -> list[dict[str, object]]:
    """The session of somebody who is logged in."""
    with chromium.new_context(base_url=served.url) as context:
        log_in(context.new_page(), served)
        return context.cookies()  # type: ignore[return-value]


@pytest.fixture
def page(served: Served, chromium: Browser, cookies: list[dict[str, object]]) -> Iterator[Page]:
    """A page of somebody who is logged in; nothing that it does may break the rules that came with it."""
    with chromium.new_context(base_url=served.url) as context:
        context.add_cookies(cookies)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        wrong = complaints(page)
        yield page
        assert wrong == []


def complaints(page: Page) -> list[str]:
    """What the page's own errors and the browser's security say."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console", lambda said: found.append(said.text) if said.type == "error" and "422" not in said.text else None
    )
    page.on("dialog", lambda dialog: found.append(dialog.message))
    return found


def log_in(page: Page, served: Served, key: str | None = None) -> None:
    page.goto("/")
    page.get_by_label("API key").fill(key or served.key())
    page.get_by_role("button", name="Log in").click()


def start_signups(page: Page) -> None:
    page.goto("/workflows/signups")
    page.get_by_label("Team").select_option("south")
    page.get_by_role("button", name="Start").click()


def heading(page: Page, word: str) -> None:
    """Wait until the run stands so."""
    expect(page.locator(".title .status")).to_have_text(re.compile(word), timeout=PATIENCE_MS)


def test_a_run_is_started_watched_to_its_end_and_its_report_downloaded(page: Page, served: Served) -> None:
    start_signups(page)
    page.evaluate("window.isTheSamePage = true")
    heading(page, "incomplete")
    assert page.evaluate("window.isTheSamePage") is True
    step = page.get_by_role("region", name="Steps").get_by_role("row", name=re.compile("validated"))
    assert step.get_by_role("cell").all_inner_texts()[1:4] == ["3", "2", "1"]
    expect(page.locator(".log")).to_contain_text("the run has ended")
    assert page.title().startswith("signups: incomplete")
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("Download signups_")).click()
    assert taken.value.path().read_text() == f"id,name,amount\n1,Ada,12.5\n2,{HOSTILE},7.0\n"
    page.get_by_role("link", name=re.compile("Look at signups_")).click()
    assert page.locator("tbody tr").nth(1).locator("td").all_inner_texts() == ["2", HOSTILE, "7.0"]


def test_dead_letters_are_looked_at_and_replayed(page: Page, served: Served) -> None:
    start_signups(page)
    heading(page, "incomplete")
    page.get_by_role("link", name="Look at the rows").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.locator("tbody td.at-fault").inner_text() == "-3"
    assert HOSTILE in page.locator("tbody").inner_text()
    rejected_by = page.url
    page.get_by_role("button", name="Replay them").click()
    expect(page.get_by_text("This run replays the dead letters.")).to_be_visible()
    heading(page, "succeeded|incomplete")
    page.goto(rejected_by)
    expect(page.locator("tbody").get_by_role("link")).to_have_count(1)


def test_a_run_that_is_under_way_is_cancelled_and_resumed(page: Page, served: Served) -> None:
    with warehouse_closed(served.folder):
        page.goto("/workflows/sold")
        page.get_by_role("button", name="Start").click()
        wait_for_shop(served.folder)
        heading(page, "running")
        expect(
            page.get_by_role("region", name="Deliveries").get_by_role("row", name=re.compile("shop"))
        ).to_contain_text("delivered")
        page.get_by_text("Cancel…").click()
        page.get_by_role("button", name="Cancel the run").click()
        heading(page, "cancelled")
    page.get_by_role("button", name="Resume").click()
    heading(page, "succeeded")


def test_a_run_begins_once_however_often_its_form_is_sent(page: Page, served: Served) -> None:
    page.goto("/workflows/signups")
    fields = {each.get_attribute("name"): each.input_value() for each in page.locator("form.body [name]").all()}
    fields["input.team"] = "south"
    sent = {str(name): str(value) for name, value in fields.items()}
    runs = {page.request.post("/workflows/signups/runs", form=sent).url for _ in range(2)}
    assert len(runs) == 1


def test_inputs_that_do_not_fit_are_told_at_their_fields_and_stand_there_again(page: Page) -> None:
    page.goto("/workflows/signups")
    page.get_by_label("Team").select_option("north")
    page.get_by_label("Least amount").fill("many")
    page.get_by_role("button", name="Start").click()
    field = page.get_by_label("Least amount")
    assert (field.input_value(), field.get_attribute("aria-invalid")) == ("many", "true")
    expect(page.locator(".wrong")).to_contain_text("many")


def test_the_columns_of_a_step_are_shown_where_the_focus_is(page: Page) -> None:
    page.goto("/workflows/signups")
    page.locator(".picture a").nth(1).focus()
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("validated")
    expect(tip).to_contain_text("amount")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.locator(".picture a").nth(1).hover()
    expect(tip).to_contain_text("validated")


def test_names_and_rows_of_others_are_text_on_every_page(page: Page) -> None:
    page.goto("/")
    assert HOSTILE in page.locator("main").inner_text()
    expect(page.locator("main")).to_contain_text("Sign-ups for <b>sales</b>.")
    page.goto("/workflows/signups")
    expect(page.locator("main script, main b:has-text('sales')")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/workflows/signups", "/workflows/shop", "/runs", "/schedules", "/hooks",
                                  "/keys"])  # fmt: skip
def test_no_page_is_wider_than_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 700})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_files_are_put_for_a_workflow_that_came_by_the_api_and_removed(page: Page, served: Served) -> None:
    text = SIGNUPS.replace("name: signups", "name: put")
    assert served.ask("PUT", "/api/workflows/put", text.encode(), headers={"Content-Type": "application/yaml"}).status
    page.goto("/workflows/put")
    page.get_by_label("Put files").set_input_files(
        [
            {"name": name, "mimeType": "text/csv", "buffer": b"id,name,amount\n1,a,2\n"}
            for name in ("signups.csv", "ä b.csv")
        ]
    )
    page.get_by_role("button", name="Put", exact=True).click()
    expect(page.get_by_role("region", name="Files").locator("tbody tr")).to_have_count(2)
    own = served.folder / "_workflows" / "put"
    assert (own / "ä b.csv").read_bytes() == b"id,name,amount\n1,a,2\n"
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download ä b.csv").click()
    assert taken.value.path().read_bytes() == b"id,name,amount\n1,a,2\n"
    page.get_by_text("Remove…").last.click()
    page.get_by_role("button", name="Remove it").last.click()
    expect(page.get_by_role("region", name="Files").locator("tbody tr")).to_have_count(1)
    assert [each.name for each in own.iterdir()] == ["signups.csv"]
    page.get_by_label("Put files").set_input_files([{"name": "x.yaml", "mimeType": "text/csv", "buffer": b"a"}])
    page.get_by_role("button", name="Put", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("x.yaml: files that end in .yaml or .yml are workflows")
    page.get_by_text("Remove the workflow…").click()
    page.get_by_label("Its 1 file too").check()
    page.get_by_role("button", name="Remove the workflow", exact=True).click()
    expect(page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
    assert not own.exists()
    assert served.ask("GET", "/api/workflows/put").status == 404


def test_a_workflow_is_switched_off_and_on(page: Page, served: Served) -> None:
    page.goto("/workflows/sold")
    page.get_by_text("Switch off…").click()
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("nothing begins a run of it.")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def lost_run(served: Served) -> str:
    """The page of a run that failed, since its file is not there."""
    served.ask("PUT", "/api/workflows/lost", LOST.encode(), headers={"Content-Type": "application/yaml"})
    served.ask("PUT", "/api/workflows/lost/files/orders.csv", b"id\n1\n")
    run_id = served.ask("POST", "/api/runs", {"workflow": "lost"}).json["run_id"]
    assert served.ended(run_id)["status"] == "failed"
    return f"/runs/{run_id}"


def test_a_run_that_failed_says_what_would_work_where_and_what_its_code_means(page: Page, served: Served) -> None:
    page.goto(lost_run(served))
    problem = page.locator(".problem")
    expect(problem).to_contain_text("Failed: IR505 ordres.csv does not exist")
    expect(problem).to_contain_text('did you mean "orders.csv"?')
    expect(problem).to_contain_text("lost.yaml:5:43")
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.get_by_text("IR505: there is no such file").click()
    expect(problem).to_contain_text("unless allow_empty: true stands beside it")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_every_page_can_be_used_by_everybody(
    served: Served, chromium: Browser, cookies: list[dict[str, object]]
) -> None:
    """What axe-core can tell: contrast in light and dark, names of fields and buttons, landmarks, tables."""
    found = dict[str, list[str]]()
    with chromium.new_context(base_url=served.url, color_scheme="light", reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto("/login")
        found["/login"] = barriers(page)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        start_signups(page)
        heading(page, "incomplete")
        run = page.url.partition("?")[0].removeprefix(served.url)
        listed = served.ask("GET", run.replace("/runs", "/api/runs")).json["deliveries"][0]["files"][0]["number"]
        assert served.ask("POST", "/api/workflows/sold/off").status == 200
        text = SIGNUPS.replace("name: signups", "name: held").encode()
        served.ask("PUT", "/api/workflows/held", text, headers={"Content-Type": "application/yaml"})
        served.ask("PUT", "/api/workflows/held/files/signups.csv", b"id,name,amount\n")
        paths = ("/", "/workflows/signups", "/workflows/shop", "/workflows/sold", "/workflows/held", "/runs",
                 "/runs?status=cancelled", run, f"{run}/letters", f"{run}/deliveries/list/files/{listed}",
                 lost_run(served), "/schedules", "/hooks", "/keys", "/none")  # fmt: skip
        for path in paths:
            page.goto(path)
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            found[path] = barriers(page)
        page.goto("/workflows/signups")
        page.get_by_label("Team").select_option("north")
        page.get_by_label("Least amount").fill("many")
        page.get_by_role("button", name="Start").click()
        found["a form that does not fit"] = barriers(page)
    assert served.ask("POST", "/api/workflows/sold/on").status == 200
    assert {path: each for path, each in found.items() if each} == {}


def barriers(page: Page) -> list[str]:
    """What keeps somebody from using the page."""
    told = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    told += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    page.emulate_media(color_scheme="light")
    return [f"{each['id']} ({each['impact']}): {node['html'][:160]} | {node['failureSummary'][:300]}"
            for each in told for node in each["nodes"]]  # fmt: skip


def test_without_a_script_a_run_is_started_and_its_end_is_seen(
    served: Served, chromium: Browser, cookies: list[dict[str, object]]
) -> None:
    with chromium.new_context(base_url=served.url, java_script_enabled=False) as context:
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        start_signups(page)
        heading(page, "incomplete")


def test_whoever_logs_out_is_out_and_comes_back_to_where_they_wanted_to_go(served: Served, chromium: Browser) -> None:
    with chromium.new_context(base_url=served.url) as context:
        page = context.new_page()
        page.goto("/runs?status=failed")
        page.get_by_label("API key").fill(served.key())
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Runs")).to_be_visible()
        assert page.url.endswith("/runs?status=failed")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        page.goto("/runs")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
