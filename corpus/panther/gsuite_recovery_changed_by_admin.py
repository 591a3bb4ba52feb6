from fnmatch import fnmatch

SENSITIVE = ["CHANGE_RECOVERY_*", "TURN_OFF_2_STEP_VERIFICATION"]


def rule(event):
    if event.deep_get("id", "applicationName") != "admin":
        return False
    if not any(fnmatch(event.get("name", ""), pattern) for pattern in SENSITIVE):
        return False
    owner = event.deep_get("parameters", "USER_EMAIL")
    return owner is not None and owner != event.deep_get("actor", "email")


def title(event):
    return f"{event.get('name')} for {event.deep_get('parameters', 'USER_EMAIL')}"


def dedup(event):
    return event.deep_get("actor", "email", default="")
