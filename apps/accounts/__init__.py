"""People, workspaces, memberships, API tokens and the audit trail."""
