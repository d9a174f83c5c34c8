"""HTTP and nothing else: routes, request and answer models, errors to status, OpenAPI."""
