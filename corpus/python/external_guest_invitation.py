"""A guest from outside of the inviter's own domain was invited."""

LATEST = "last"


def invited(event):
    return event.deep_walk(
        "properties", "additionalDetails", "value", return_val=LATEST, default=""
    )


def rule(event):
    if event.get("operationName") != "Invite external user":
        return False
    if event.deep_get("properties", "result", default="").lower() != "success":
        return False
    inviter = event.deep_get("properties", "initiatedBy", "user", "userPrincipalName", default="")
    domain = inviter.split("@")[-1]
    return not invited(event).endswith(domain)


def title(event):
    return f"{invited(event) or 'somebody'} was invited as a guest"
