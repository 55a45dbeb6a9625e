"""The place on the page where the log is shown, and what is said where it can not be."""

from backstaff.report.markup import Html, element, joined

LOG_DATA_ID = "log-data"


def log_section() -> Html:
    """The log's controls and its empty view, out of sight until the page's script fills them."""
    search = [
        element("label", "search", for_="q", class_="sr"),
        element(
            "input",
            id="q",
            type="search",
            placeholder="search the log",
            autocomplete="off",
            spellcheck="false",
        ),
        _toggle("re", "regex"),
        _toggle("only", "matches only"),
        element(
            "button", "↑", id="previous", type="button", aria_label="previous match", title="previous (N)"
        ),
        element("button", "↓", id="next", type="button", aria_label="next match", title="next (n)"),
        element("output", id="status", for_="q", aria_live="polite"),
        element("button", "show them", id="reveal", type="button", hidden=True),
    ]
    filters = [
        _select("host"),
        _select("role"),
        element("fieldset", element("legend", "sources", class_="sr"), id="sources"),
        _select("clock"),
    ]
    return joined(
        element("noscript", element("p", "The log and its search need JavaScript.", class_="quiet")),
        element(
            "section",
            element("h2", "Log"),
            element(
                "div",
                element("div", *search, class_="controls", role="search"),
                element("div", *filters, class_="controls"),
                class_="toolbar",
            ),
            element("div", id="lines", tabindex="0", role="region", aria_label="Lines of the log"),
            id="log",
            hidden=True,
        ),
        element("p", "The log is not printed.", class_="quiet print-only"),
    )


def _toggle(name: str, label: str) -> Html:
    box = element("input", id=name, type="checkbox")
    return element("label", box, element("span", label), class_="toggle")


def _select(name: str) -> Html:
    return joined(element("label", name, for_=name, class_="sr"), element("select", id=name))
