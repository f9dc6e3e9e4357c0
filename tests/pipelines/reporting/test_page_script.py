"""What the page does when one points at it."""


def test_every_matrix_reads_its_own_cells(open_page, full_report):
    page = open_page(full_report.report, 1280)
    page.locator("#pair-matrix tbody tr:nth-child(2) td:nth-child(4)").hover()
    page.locator("#correlation tbody tr:nth-child(1) td:nth-child(2)").click()
    readouts = page.locator(".readout").all_inner_texts()
    assert readouts[1] == "1 and 2: 75.0% of 12 images separated"
    assert readouts[3] == "red_mean, red_mean: 1"
    assert readouts[0].startswith("Point at a cell")


def test_a_cell_says_what_it_means(open_page, page_of):
    page = open_page(page_of(["cat", "dog", "owl"]))
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(4)").click()
    assert (
        page.locator("#confusion .readout").inner_text()
        == "dog taken for owl: 1 of 3 images (33.3%)"
    )
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(3)").click()
    assert (
        page.locator("#confusion .readout").inner_text() == "dog: 2 of 3 images recognised (66.7%)"
    )


def test_a_picture_says_what_it_means(open_page, page_of):
    page = open_page(page_of([f"class {n}" for n in range(100)]))
    box = page.locator("#carpet").bounding_box()
    place = {"x": box["width"] * 0.055, "y": box["height"] * 0.045}
    page.locator("#carpet").click(position=place)
    said = page.locator("#confusion .readout").inner_text()
    assert said == "class 4 taken for class 5: 1 of 3 images (33.3%)"


def test_the_table_sorts_and_unfolds(open_page, page_of):
    page = open_page(page_of([f"class {n}" for n in range(30)]), 1280)
    rows = page.locator("#scores tbody tr:visible")
    assert rows.count() == 12
    page.get_by_role("button", name="Show all 30 classes").click()
    assert rows.count() == 30
    page.get_by_role("button", name="Class", exact=True).click()
    names = rows.locator("th").all_inner_texts()
    assert names == [f"class {n}" for n in range(30)]
    page.get_by_role("button", name="Class", exact=True).click()
    assert rows.locator("th").first.inner_text() == "class 29"
    assert page.locator("#scores [aria-sort]").get_attribute("aria-sort") == "descending"


def test_without_scripts_everything_is_there(open_page, page_of):
    page = open_page(page_of([f"class {n}" for n in range(30)]), java_script_enabled=False)
    assert page.locator("#scores tbody tr:visible").count() == 30
    assert page.locator("#confusion .readout").inner_text().strip() == ""


def test_a_printed_page_has_all_rows_and_its_colours(open_page, page_of):
    page = open_page(page_of([f"class {n}" for n in range(30)]), 1280)
    rows = page.locator("#scores tbody tr:visible")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert rows.count() == 30
    colours = "cell => getComputedStyle(cell).printColorAdjust"
    assert page.locator("#matrix td.right").first.evaluate(colours) == "exact"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert rows.count() == 12


def test_a_count_stays_after_an_arabic_name(open_page, page_of):
    page = open_page(page_of(["قطة", "كلب", "بومة"]), 1280)
    pair = page.locator("#confusion .pairs li").first
    name, count = pair.locator("b").last.bounding_box(), pair.locator(".note").bounding_box()
    assert count["x"] >= name["x"] + name["width"]
    page.locator("#matrix tbody tr:nth-child(2) td:nth-child(3)").click()
    said = page.locator("#confusion .readout").inner_text()
    assert said.startswith("\u2068")
    assert said[said.index("\u2069") + 1] == ":"
