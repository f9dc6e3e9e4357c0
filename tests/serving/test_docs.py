"""/docs: Swagger UI, which the service brings along."""


def try_out(page, photo):
    """Has Swagger UI classify a photo; returns the request as curl and the answer."""
    classify = page.locator(".opblock", has_text="/classify")
    classify.locator(".opblock-summary").click()
    classify.get_by_role("button", name="Try it out").click()
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo}
    classify.locator("input[type=file]").set_input_files(file)
    classify.get_by_role("button", name="Execute").click()
    answer = classify.locator(".live-responses-table .response")
    answer.wait_for()
    return classify.locator(".curl").inner_text(), answer.inner_text()


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
