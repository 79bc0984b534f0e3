"""HTML for people: the same rules as the APIs, rendered on the server, usable without any script.

A page is a handler in a module of its own, a template under templates/, and its texts in EN and RU. The handler
answers with `page(request, "name.html", TEXTS, …)`; a POST comes from a form that carries `form_token`, which the
router's guard checks before the handler is called. A module's ROUTES are added in artel.pages.routes.
"""
