"""An exported ONNX graph gives in onnxruntime what the classifier gives, or is not exported."""

import numpy as np
import onnxruntime
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid, RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC

from pixelmill.models.linear import LinearModel, binary_margins
from pixelmill.models.one_vs_rest import one_vs_rest
from pixelmill.models.pairwise import pairwise
from pixelmill.models.perceptron import PerceptronModel
from pixelmill.models.sklearn import SklearnModel
from pixelmill.models.trees import TreesModel
from pixelmill.pipelines.export.onnx_file import to_onnx
from pixelmill.pipelines.export.onnx_scores import UnsupportedError
from pixelmill.preparation import Preparation

DRAW = np.random.default_rng(0)
WIDTH, KEPT = 8, 5
LABELS = ["10", "9", 'it\'s "odd" ü']
FEATURES = DRAW.normal(3, 2, size=(50, WIDTH)).astype(np.float32)
ALL = Preparation(
    WIDTH,
    mean=np.full(WIDTH, 3.0),
    deviation=1 + DRAW.random(WIDTH),
    normalize=True,
    centre=DRAW.normal(size=WIDTH) / 10,
    components=np.linalg.qr(DRAW.normal(size=(WIDTH, KEPT)))[0].T,
    variance_share=np.full(KEPT, 0.2),
)
PREPARATIONS = {
    "nothing": Preparation(WIDTH),
    "scaled": Preparation(WIDTH, mean=ALL.mean, deviation=ALL.deviation),
    "normalized": Preparation(WIDTH, normalize=True),
    "reduced": Preparation(
        WIDTH, centre=ALL.centre, components=ALL.components, variance_share=ALL.variance_share
    ),
    "all": ALL,
}


def run(content, features):
    """Scores and predictions by onnxruntime."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["scores", "prediction"], {"features": features})


def check(preparation, model, labels, features):
    """The graph's scores and labels are the model's."""
    scores, predictions = run(to_onnx(preparation, model, labels), features)
    expected = model.scores(preparation.apply(features))
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    assert list(predictions) == [labels[best] for best in expected.argmax(axis=1)]


def binary(width):
    return binary_margins(DRAW.normal(size=width), DRAW.normal())


@pytest.mark.parametrize("preparation", PREPARATIONS.values(), ids=PREPARATIONS.keys())
@pytest.mark.parametrize("link", ["softmax", "margin"])
def test_linear_models_with_every_preparation(preparation, link):
    weights = DRAW.normal(size=(3, preparation.width))
    model = LinearModel(weights, DRAW.normal(size=3), link)
    rows = np.vstack([FEATURES, np.zeros((1, WIDTH), np.float32)])  # no length to divide by
    check(preparation, model, LABELS, rows)


def test_the_other_kinds_of_our_own():
    layers = [DRAW.normal(size=shape) for shape in ((4, KEPT), (3, 4))]
    two_sides = [PerceptronModel([DRAW.normal(size=(2, KEPT))], [np.zeros(2)]) for _ in LABELS]
    models = [
        binary(KEPT),
        one_vs_rest([binary(KEPT) for _ in LABELS]),
        one_vs_rest(two_sides),
        pairwise(3, [(0, 1), (0, 2), (1, 2)], [binary(KEPT) for _ in LABELS]),
        pairwise(3, [(0, 2)], [binary(KEPT)]),  # the second class is in no pair
        PerceptronModel(layers, [DRAW.normal(size=4), DRAW.normal(size=3)]),
    ]
    for model in models:
        check(ALL, model, LABELS[: model.classes], FEATURES)


@pytest.fixture(scope="module", params=[load_digits, load_breast_cancer], ids=["ten", "two"])
def data(request):
    """Rows of ten and of two classes, and their scaling."""
    features, target = request.param(return_X_y=True)
    features, target = features[:300], target[:300]
    deviation = np.where(features.std(axis=0) == 0, 1, features.std(axis=0))
    preparation = Preparation(features.shape[1], features.mean(axis=0), deviation)
    return preparation, features.astype(np.float32), target


@pytest.mark.filterwarnings("ignore")  # what is trained to no end, or will be named otherwise
@pytest.mark.parametrize(
    "classifier",
    [
        SVC(C=10),
        LinearSVC(),
        LogisticRegression(),
        RidgeClassifier(),
        RandomForestClassifier(10, random_state=0),
        GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0),
        MLPClassifier((10,), max_iter=20, random_state=0),
        KNeighborsClassifier(),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
def test_classifiers_of_scikit_learn(data, classifier):
    preparation, features, target = data
    classifier.fit(preparation.apply(features), target)
    labels = [f"class {number}" for number in classifier.classes_]
    check(preparation, SklearnModel(classifier, len(labels)), labels, features[:50])


def test_sides_of_naive_bayes(data):
    """Both strategies take the logarithms of its probabilities, which skl2onnx does not write."""
    preparation, features, target = data
    prepared = preparation.apply(features)
    sides = [SklearnModel(GaussianNB().fit(prepared, target == c), 2) for c in range(2)]
    check(preparation, one_vs_rest(sides), ["a", "b"], features[:50])
    check(preparation, pairwise(2, [(0, 1)], sides[1:]), ["a", "b"], features[:50])


def test_pairs_of_any_models(data):
    preparation, features, target = data
    prepared = preparation.apply(features)
    pairs = [(0, 1)] if target.max() == 1 else [(0, 1), (0, 2), (1, 2)]
    members = []
    for pair in pairs:
        rows = np.isin(target, pair)
        fitted = SVC().fit(prepared[rows], (target[rows] == pair[1]).astype(int))
        members.append(SklearnModel(fitted, 2))
    model = pairwise(len(pairs) if len(pairs) > 1 else 2, pairs, members)
    check(preparation, model, [f"class {number}" for number in range(model.classes)], features[:50])


@pytest.mark.filterwarnings("ignore:self.within_class")
def test_what_has_no_graph_says_so(data):
    preparation, features, target = data
    classes = int(target.max()) + 1
    fitted = NearestCentroid().fit(preparation.apply(features), target)
    with pytest.raises(UnsupportedError, match="skl2onnx makes no graph of NearestCentroid"):
        to_onnx(preparation, SklearnModel(fitted, classes), ["a"] * classes)
    leaf = np.zeros(1, dtype=np.int64)
    tree = TreesModel(leaf, leaf - 1, np.zeros(1), leaf, leaf, np.ones((1, classes)), np.zeros(1))
    with pytest.raises(UnsupportedError, match="models of the kind 'trees'"):
        to_onnx(preparation, tree, ["a"] * classes)


def pairs_of(classifier, prepared, target):
    """Models of the three pairs of the classes 0, 1 and 2."""
    pairs, members = [(0, 1), (0, 2), (1, 2)], []
    for pair in pairs:
        rows = np.isin(target, pair)
        fitted = clone(classifier).fit(prepared[rows], (target[rows] == pair[1]).astype(int))
        members.append(SklearnModel(fitted, 2))
    return pairwise(3, pairs, members)


@pytest.fixture(scope="module")
def few_digits():
    """The scaling of 75 digits of three classes, these digits, and 77 others."""
    features, target = load_digits(n_class=3, return_X_y=True)
    deviation = features[:75].std(axis=0)
    deviation[deviation == 0] = 1
    preparation = Preparation(64, features[:75].mean(axis=0), deviation)
    rows = features.astype(np.float32)
    return preparation, rows[:75], target[:75], rows[75:152]


@pytest.mark.parametrize(
    "classifier",
    [LinearDiscriminantAnalysis(), LogisticRegression(), Perceptron(), RidgeClassifier()],
    ids=lambda classifier: type(classifier).__name__,
)
def test_linear_classifiers_have_all_their_digits(few_digits, classifier):
    """Weights of more features than images cancel each other, which float32 cannot."""
    preparation, train, target, others = few_digits
    prepared = preparation.apply(train)
    for model in (
        SklearnModel(clone(classifier).fit(prepared, target), 3),
        pairs_of(classifier, prepared, target),
    ):
        check(preparation, model, LABELS, others)


def test_pairs_of_forests_vote_the_same_where_their_trees_are_divided(few_digits):
    preparation, train, target, others = few_digits
    forest = RandomForestClassifier(100, random_state=0)
    model = pairs_of(forest, preparation.apply(train), target)
    assert (model.margins(preparation.apply(others)) == 0).any()
    check(preparation, model, LABELS, others)


@pytest.mark.filterwarnings("ignore:Outlier label")
def test_a_graph_with_other_scores_is_not_exported(few_digits):
    """The graph of skl2onnx has another label for what has no neighbours."""
    preparation, train, target, _ = few_digits
    fitted = RadiusNeighborsClassifier(outlier_label="most_frequent")
    fitted.fit(preparation.apply(train), target)
    with pytest.raises(UnsupportedError, match="gives other scores"):
        to_onnx(preparation, SklearnModel(fitted, 3), LABELS)
