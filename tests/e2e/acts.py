"""What is done on a page to come to a state of it: forms sent wrong, things opened.

May live here: acts for rows of `tests.e2e.page_table`. May not: which page, and what is expected
beyond that the state was reached.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

Act = Callable[[Page], None]

# The form as somebody sends it who was stopped by nothing: neither by required and bounded fields,
# nor by a script that takes it first.
_SEND = """([action, values, button]) => {
  const forms = [...document.querySelectorAll('main form, .corner form')].filter((form) =>
    form.getAttribute('method') === 'post' && RegExp(`${action}$`).test(
      new URL(form.getAttribute('action') || location, location).pathname));
  const form = forms.find((one) => one.querySelector(button));
  if (!form) throw new Error('no form is sent to ' + action);
  for (const one of form.elements) {
    if (['hidden', 'submit', 'button', 'radio', 'file'].includes(one.type)) continue;
    if (one.type === 'checkbox') one.checked = false;
    else if (one.tagName !== 'SELECT') one.value = '';
  }
  for (const [name, value] of Object.entries(values)) {
    const found = form.elements[name];
    const one = found instanceof RadioNodeList ? [...found].find((any) => any.value === value)
      : found;
    if (['checkbox', 'radio'].includes(one.type)) one.checked = true; else one.value = value;
  }
  const { name, value } = form.querySelector(button);
  if (name) form.append(Object.assign(document.createElement('input'),
    { type: 'hidden', name, value }));
  HTMLFormElement.prototype.submit.call(form);
}"""
_ANY = "button:not([type=button])"


def wrong(action: str, button: str = _ANY, /, **values: str) -> Act:
    """Send the form whose address ends with this pattern, empty but for these values."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.evaluate(_SEND, [action, values, button])
        expect(page.locator("#error-summary, .state-error, .alert-danger").first).to_be_visible()

    return act


def refused(action: str, button: str = _ANY, /, **values: str) -> Act:
    """The same, where a page of its own says what is wrong."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.evaluate(_SEND, [action, values, button])
        expect(page.locator(".problem, .state-block").first).to_be_visible()

    return act


def done(action: str, button: str = _ANY, /, **values: str) -> Act:
    """Send a form that is taken, whose answer is a page."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.evaluate(_SEND, [action, values, button])

    return act


def press(name: str, shows: str) -> Act:
    """Press a button or open a summary, until something is there."""

    def act(page: Page) -> None:
        page.get_by_role("button", name=name).or_(page.locator("summary", has_text=name)).or_(
            page.get_by_role("link", name=name)
        ).first.click()
        expect(page.locator(shows).first).to_be_visible()

    return act


def wrong_box(page: Page) -> None:
    page.locator('[name="left-1"]').fill("9999")
    page.locator("form.review").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Accept these boxes").click()
    expect(page.get_by_role("alert")).to_be_visible()


def not_taken(page: Page) -> None:
    """Write to a page that is only read."""
    with page.expect_navigation():
        page.evaluate("""() => {
          const form = document.createElement('form');
          form.method = 'post'; form.action = '/conformance'; document.body.append(form);
          form.submit();
        }""")
    expect(page.get_by_role("heading", level=1)).to_have_text("This cannot be done here")
