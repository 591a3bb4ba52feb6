WEAKENING = {"StopLogging", "DeleteTrail", "PutEventSelectors", "UpdateTrail"}


def rule(event):
    if event.get("errorCode") or event.get("eventSource") != "cloudtrail.amazonaws.com":
        return False
    name = event.get("eventName")
    if name == "UpdateTrail":
        return event.deep_get("requestParameters", "isMultiRegionTrail", default=True) is False
    return name in WEAKENING


def title(event):
    who = event.deep_get("userIdentity", "arn", default="<unknown>")
    return f"{event.get('eventName')} by [{who}]"


def dedup(event):
    return event.deep_get("requestParameters", "name", default="")


def severity(event):
    if event.get("eventName") in ("StopLogging", "DeleteTrail"):
        return "HIGH"
    return "MEDIUM"
