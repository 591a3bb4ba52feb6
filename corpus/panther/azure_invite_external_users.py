def rule(event):
    if event.get("operationName") != "Invite external user":
        return False
    if event.deep_get("properties", "result") != "success":
        return False
    # The last of the distinct values is the address that was invited.
    invited = event.deep_walk(
        "properties", "additionalDetails", "value", return_val="last", default=""
    )
    return not invited.endswith(sender_domain(event))


def sender_domain(event):
    sender = event.deep_get(
        "properties", "initiatedBy", "user", "userPrincipalName", default=""
    )
    return sender.split("@")[-1]


def title(event):
    sender = event.deep_get(
        "properties", "initiatedBy", "user", "userPrincipalName", default="<unknown user>"
    )
    return f"Guest from another domain invited by [{sender}]"


def alert_context(event):
    return {
        "operationName": event.get("operationName", ""),
        "category": event.deep_get("properties", "category", default=""),
        "actor_id": event.deep_get("properties", "initiatedBy", "user", "id", default=""),
        "actor_upn": event.deep_get(
            "properties", "initiatedBy", "user", "userPrincipalName", default=""
        ),
        "source_ip_address": event.deep_get(
            "properties", "initiatedBy", "user", "ipAddress", default=""
        ),
        "target_id": event.deep_walk("properties", "targetResources", "id", default=""),
        "target_name": event.deep_walk(
            "properties", "targetResources", "displayName", default=""
        ),
        "value": event.deep_walk("properties", "additionalDetails", "value", default=""),
    }
