// Answers of the service as elements of the page. Names of files and labels are untrusted: they
// enter the page as text, never as HTML.

import { sentence } from "./requests.js";

const LABELS_LISTED = 40;
const DIGEST_SHOWN = 12;

export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export const plain = (number, digits = 3) => number.toLocaleString("en", { maximumFractionDigits: digits });
export const megabytes = (bytes) => `${plain(bytes / 1e6, bytes < 1e7 ? 1 : 0)} MB`;
export const count = (number, one, many = `${one}s`) => `${plain(number)} ${number === 1 ? one : many}`;
const percent = (share) => (share > 0 && share < 0.0005 ? "<0.1%" : `${(100 * share).toFixed(1)}%`);
const known = (value, format) => (value == null ? null : format(value));

export function button(text, onclick) {
  return make("button", { className: "link", type: "button", textContent: text, onclick });
}

export function noPreview() {
  return make("div", { className: "gone", textContent: "no preview" });
}

// ---- the model

// One line: how many classes, how accurate, which model.
export function modelSummary({ figures = {}, data = {}, labels, sha256 }) {
  const tested = data.test ? ` on ${count(data.test, "test image")}` : "";
  const accuracy = known(figures.accuracy, (share) => `, ${percent(share)} accuracy${tested}`) ?? "";
  const short = sha256.slice(0, DIGEST_SHOWN);
  const digest = make("code", { title: `SHA-256 ${sha256}`, textContent: short });
  return [`${count(labels.length, "class", "classes")}${accuracy}. Model `, digest, "."];
}

export function modelFigures({ figures = {}, data = {}, labels, index }) {
  return definitions([
    ["Accuracy", known(figures.accuracy, percent)],
    ["Top 3", known(figures.top_3, percent)],
    ["Classes", plain(labels.length)],
    ["Training images", known(data.train, plain)],
    ["Indexed images", known(index?.images, plain)],
  ]);
}

export function modelDetails({ labels, index, versions = {}, ...model }) {
  const more = labels.length - LABELS_LISTED;
  const within = known(index?.similar_within, (most) => `, similar up to ${plain(most)}`) ?? "";
  return definitions([
    ["Classes", labels.slice(0, LABELS_LISTED).join(", ") + (more > 0 ? ` and ${plain(more)} more` : "")],
    ["Features", `${plain(model.features)} of ${model.featurizers.join(", ")}`],
    ["Estimator", `${model.estimator}, ${model.strategy}`],
    ["Scores", model.scores],
    ["Index", index ? `${count(index.images, "image")}, ${index.metric} distance${within}` : "none"],
    ["Made with", Object.entries(versions).map((version) => version.join(" ")).join(", ")],
    ["SHA-256", model.sha256],
  ]);
}

function definitions(rows) {
  return rows.filter(([, value]) => value).map(([term, value]) =>
    make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: value })));
}

// ---- a photo

// Bars of probabilities are shares of the whole; those of margins and votes, of the highest one.
export function labelList(predictions, areProbabilities) {
  const highest = Math.max(0, ...predictions.map(({ score }) => score ?? 0));
  const whole = areProbabilities || !highest ? 1 : highest;
  return make("ol", { className: "labels" }, ...predictions.map(({ label, score }) => {
    const length = make("i", {});
    length.style.width = `${(100 * Math.max(0, score ?? 0)) / whole}%`;
    return make("li", {},
      make("bdi", { textContent: label }),
      make("span", { className: "score", textContent: scoreText(score, areProbabilities) }),
      make("span", { className: "bar" }, length));
  }));
}

export function scoreText(score, isProbability) {
  return known(score, isProbability ? percent : plain) ?? "no score";
}

// The nearest images of the index; folded away where none of them counts as similar.
export function similarImages({ neighbours, error }, within, { images, metric }) {
  const among = `nearest of ${count(images, "image")}, with their ${metric} distance`;
  const heading = make("h4", {}, "Similar images ", make("span", { className: "note", textContent: among }));
  if (error) return [heading, make("p", { textContent: sentence(error) })];
  const list = make("ul", { className: "sheet" }, ...neighbours.map((one) => neighbour(one, within)));
  const nearest = neighbours[0]?.distance;
  if (nearest !== undefined && !isFar(nearest, within)) return [heading, list];
  const distances = nearest === undefined ? "" : `: the nearest image is ${nearest.toFixed(3)} away, `
    + `and images count as similar up to ${within.toFixed(3)}`;
  const folded = make("details", {}, make("summary", { textContent: "Show the nearest images" }), list);
  return [heading, make("p", { textContent: `Nothing similar${distances}.` }), folded];
}

const isFar = (distance, within) => within !== null && distance > within;

function neighbour({ path, label, distance, thumbnail }, within) {
  const far = isFar(distance, within);
  return make("li", { className: far ? "tile far" : "tile", title: far ? `${path} (not similar)` : path },
    thumbnail ? make("img", { src: thumbnail, alt: "" }) : noPreview(),
    make("bdi", {}, ...breakable(label ?? "no label")),
    make("span", { className: "score", textContent: distance.toFixed(3) }),
    make("span", { className: "file" }, ...breakable(path)));
}

// Lets a long name break after its underscores and slashes, where a reader would.
function breakable(name) {
  return name.split(/(?<=[_/])/).flatMap((part) => [part, make("wbr", {})]);
}
