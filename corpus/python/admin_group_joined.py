"""Somebody joined a group of administrators, by hand or in a batch."""

import re

ADMIN_GROUPS = {"Domain Admins", "Cloud Admins"}
SERVICE = re.compile(r"^svc-[a-z]+$")


def rule(event):
    if event.get("action") not in ("group.join", "group.batch"):
        return False
    if SERVICE.match(event.get("actor", "")):
        return False
    return any(change.get("group") in ADMIN_GROUPS for change in event.get("changes", []))


def dedup(event):
    return event.get("actor", "<nobody>")


def alert_context(event):
    return {"actor": event.get("actor"), "groups": [c.get("group") for c in event.get("changes", [])]}
