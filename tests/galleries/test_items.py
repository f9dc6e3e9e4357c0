"""Items of a page whose addresses change: which of them are taken, and when."""

from pixelmill.galleries.items import Item, PendingItems


def taken(items, **given):
    return sorted((item.key, item.image) for item in items.take(**given))


def pending(*images):
    items = PendingItems()
    for key, image in enumerate(images):
        items.add(Item(str(key), image, ""))
    return items


def test_an_address_counts_after_two_looks():
    items = pending("a.jpg")
    items.look()
    assert taken(items) == []
    items.add(Item("0", "b.jpg", ""))
    items.look()
    items.look()
    assert taken(items) == [("0", "b.jpg")]
    assert taken(items, steady=0) == []


def test_a_placeholder_counts_where_an_item_still_has_it_in_the_end():
    items = pending("wait.gif", "wait.gif", "wait.gif", "a.jpg")
    for key in "01":
        items.add(Item(key, f"{key}.jpg", ""))
    assert taken(items, steady=0) == [("0", "0.jpg"), ("1", "1.jpg"), ("3", "a.jpg")]
    items.add(Item("2", "2.jpg", ""))
    assert taken(items, placeholders=True, steady=0) == [("2", "2.jpg")]
    items = pending(*["wait.gif"] * 3)
    assert len(taken(items, placeholders=True, steady=0)) == 3


def test_many_addresses_that_items_share_are_images():
    items = pending(*["a.jpg", "b.jpg", "c.jpg"] * 3)
    assert taken(items, steady=0) == []
    for key in ("9", "10", "11"):
        items.add(Item(key, "d.jpg", ""))
    assert len(taken(items, steady=0)) == 12
