"""A reader without a mouse: where the keyboard is, how it gets on, and whether one sees where it is."""

from playwright.sync_api import Page

MOST_TABS = 80
_ACTIVE = """() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    return one;
}"""
_NAME = f"""() => {{
    const one = ({_ACTIVE})();
    return one.getAttribute("aria-label") || one.innerText || one.placeholder || "";
}}"""


def focused(page: Page) -> str:
    """Give the name of what has the focus, as a screen reader would say it."""
    name: str = page.evaluate(_NAME)
    return " ".join(name.split())


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Go on with the Tab key until what has the focus begins with a name; fails when it never comes."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        passed.append(focused(page))
        if passed[-1].startswith(name):
            return
    raise AssertionError(f"the Tab key does not lead to {name!r}; it passed {passed}")


def shows_focus(page: Page) -> bool:
    """Tell whether one sees where the keyboard is: without the focus the place must look otherwise."""
    element = page.evaluate_handle(_ACTIVE).as_element()
    assert element is not None, "nothing has the focus"
    box = element.bounding_box()
    assert box is not None, "what has the focus is not drawn"
    around = {"x": box["x"] - 4, "y": box["y"] - 4, "width": box["width"] + 8, "height": box["height"] + 8}
    having = page.screenshot(clip=around, animations="disabled")
    element.evaluate("one => one.blur()")
    without = page.screenshot(clip=around, animations="disabled")
    element.evaluate("one => one.focus()")
    return having != without
