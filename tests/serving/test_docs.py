"""/docs: Swagger UI, which the service brings along."""

from tests.serving.page_actions import try_out


def test_the_interface_shows_and_tries_out_all_routes(service, pets, visit):
    page = visit(service, "/docs", 360)
    page.locator(".opblock").first.wait_for()
    paths = page.locator(".opblock-summary-path").all_inner_texts()
    shown = {path.replace("\u200b", "") for path in paths}
    assert shown == set(service.get("/openapi.json").json()["paths"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for scheme, root in (("dark", "html.dark-mode"), ("light", "html:not(.dark-mode)")):
        page.emulate_media(color_scheme=scheme)
        page.locator(root).wait_for()
    _, answer = try_out(page, pets.photo(0))
    assert answer.startswith("200")
    assert '"label": "Abyssinian"' in answer
    assert page.noise == []


def test_the_interface_works_below_a_path_of_a_proxy(service, pets, visit):
    page = visit(service, "/docs", below="/some/path")
    asked, answer = try_out(page, pets.photo(0))
    assert f"{service.url}/some/path/classify?k=3" in asked
    assert answer.startswith("200")
    assert page.noise == []
