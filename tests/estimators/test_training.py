"""Many fits share Spark tasks, which each cost more than a small fit."""

from pyspark import TaskContext


def test_many_items_are_fitted_in_few_tasks_and_come_back_in_their_order(two_digits):
    def fit(data, item):
        context = TaskContext.get()
        return item, len(data.target), context.partitionId()

    items = list(range(500))
    found = two_digits.training.fit_each(fit, items)
    assert [item for item, _, _ in found] == items
    assert {images for _, images, _ in found} == {120}
    assert len({task for _, _, task in found}) == 32  # 16 for each of two cores


def test_few_items_are_a_task_each(two_digits):
    found = two_digits.training.fit_each(
        lambda _, item: (item, TaskContext.get().partitionId()), [7, 9]
    )
    assert found == [(7, 0), (9, 1)]
