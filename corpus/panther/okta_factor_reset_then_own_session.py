RESETS = ("user.mfa.factor.reset_all", "user.mfa.factor.deactivate")


def rule(event):
    if event.get("eventType") not in RESETS:
        return False
    if event.deep_get("outcome", "result") != "SUCCESS":
        return False
    actor = event.deep_get("actor", "alternateId", default="").lower()
    for target in event.get("target") or []:
        if target.get("type") == "User" and target.get("alternateId", "").lower() != actor:
            return True
    return False


def title(event):
    return f"Factors of another person reset by {event.deep_get('actor', 'alternateId')}"


def unique(event):
    return event.deep_walk("target", "alternateId", return_val="first", default="")
