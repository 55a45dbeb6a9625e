"""What to do about the failures that Docker reports most."""

_ADVICE = (
    (("no space left on device",), "free disk space on the host; `docker system df` shows what Docker holds"),
    (
        ("unauthorized", "authentication required", "access denied", "no basic auth credentials", "denied:"),
        "check registry.username and registry.password, and that this account may read the image",
    ),
    (
        ("manifest unknown", "manifest for", "not found: manifest", "repository does not exist"),
        "the registry does not have this image: build and push it, or check the version",
    ),
    (
        ("port is already allocated", "address already in use"),
        "something else on the host holds this port: see `ss -ltnp` and `docker ps` there",
    ),
    (
        ("no such host", "i/o timeout", "connection refused", "tls:", "x509:", "server gave http response"),
        "check that the host reaches the registry, and its certificate or insecure-registries setting",
    ),
)


def advice(message: str) -> str:
    """A way out for a message of Docker; empty where none is known."""
    text = message.lower()
    return next((fix for signs, fix in _ADVICE if any(sign in text for sign in signs)), "")
