// A person gives photos; each becomes a card with its labels and the images most like it.

import { button, count, labelList, make, megabytes, modelDetails, modelFigures, modelSummary, noPreview, scoreText, similarImages } from "./answers.js";
import { ask, hasKey, Refusal, rememberKey, sentence } from "./requests.js";

const LABELS = 5;
const NEIGHBOURS = 6;
const AT_ONCE = 2; // photos in work, each with one request at a time
const LARGE_BYTES = 4_000_000; // larger photos are shrunk before sending
const SHRUNK_SIDE = 1_600; // pixels
const FORM_BYTES = 2_000; // of a request in addition to its photo

const $ = (id) => document.getElementById(id);
const cards = new Set();
const waiting = []; // cards whose turn has not come
let inWork = 0;
let model = null; // as /model describes it; null until it is loaded and while the key is missing

// ---- the model, and the key of the service

async function loadModel() {
  try {
    model = await ask("model");
  } catch (problem) {
    if (problem.status === 401) return askForKey();
    $("lede").textContent = "The model is not loaded.";
    return showNotice(problem.message, button("Try again", () => { hideNotice(); loadModel(); }));
  }
  const name = model.dataset ?? "Image classifier";
  document.title = `${name} · pixelmill`;
  $("dataset").textContent = name;
  $("lede").replaceChildren(...modelSummary(model));
  $("drop-note").textContent = `Drop, paste or choose up to ${count(model.limits.images, "photo")}. They are sent to this service, which does not store them.`;
  $("figures").replaceChildren(...modelFigures(model));
  $("details").replaceChildren(...modelDetails(model));
  $("about").hidden = false;
  return work();
}

function askForKey() {
  if (hasKey()) showNotice("The service does not accept this key.");
  model = null;
  rememberKey(null);
  $("lede").textContent = "This service needs a key.";
  $("key-form").hidden = false;
  $("key").focus();
}

function submitKey(event) {
  event.preventDefault();
  hideNotice();
  const isPossible = rememberKey($("key").value.trim());
  $("key-form").reset();
  if (!isPossible) return showNotice("The service does not accept this key.");
  $("key-form").hidden = true;
  $("choose").focus();
  return loadModel();
}

function showNotice(text, ...more) {
  $("notice").replaceChildren(text, " ", ...more);
  $("notice").hidden = false;
}

function hideNotice() {
  $("notice").hidden = true;
}

// ---- photos, each a card

function take(files) {
  const most = model?.limits.images ?? Infinity;
  const added = [...files].slice(0, most).map(makeCard);
  hideNotice();
  if (files.length > most) showNotice(`Only the first ${count(most, "photo")} of ${files.length} were taken. Give the others afterwards.`);
  $("results").prepend(...added.map((card) => card.article));
  added.forEach(enqueue);
}

function makeCard(file) {
  const image = make("img", { src: URL.createObjectURL(file), alt: "" });
  image.onerror = () => image.replaceWith(noPreview());
  const note = make("p", { className: "note" });
  const answer = make("div", {});
  const article = make("article", {},
    make("div", { className: "picture" }, image),
    make("div", {}, make("h3", { textContent: file.name }), note, answer));
  const card = { file, image, article, note, answer, isDone: false };
  cards.add(card);
  return card;
}

function enqueue(card) {
  card.isDone = false;
  card.answer.replaceChildren(make("p", { className: "note", textContent: "Waiting…" }));
  waiting.push(card);
  showProgress();
  work();
}

function work() {
  while (model && inWork < AT_ONCE && waiting.length) {
    inWork += 1;
    answer(waiting.shift()).finally(() => {
      inWork -= 1;
      showProgress();
      work();
    });
  }
}

async function answer(card) {
  const asked = model;
  try {
    const photo = await prepare(card, asked.limits.body_bytes - FORM_BYTES);
    const { results: [found], model: answering } = await ask(`classify?k=${LABELS}`, photo);
    if (found.error) showProblem(card, sentence(found.error));
    else {
      showLabels(card, found.predictions, asked.scores === "probabilities");
      if (asked.index) await addSimilar(card, photo, asked.index);
    }
    card.isDone = true;
    if (answering !== model?.sha256) await loadModel(); // another model has taken its place
  } catch (problem) {
    if (problem.status === 401) {
      waiting.unshift(card);
      askForKey();
    } else showProblem(card, problem.message, button("Try again", () => enqueue(card)));
  }
}

function showLabels(card, predictions, areProbabilities) {
  const [{ label, score }] = predictions;
  card.answer.replaceChildren(labelList(predictions, areProbabilities));
  announce(card, `${label}, ${scoreText(score, areProbabilities)}`);
}

async function addSimilar(card, photo, index) {
  const { results: [found], similar_within: within } = await ask(`similar?k=${NEIGHBOURS}`, photo);
  card.answer.append(...similarImages(found, within, index));
}

function showProblem(card, text, ...more) {
  const problem = make("p", { className: "problem" }, text, " ", ...more);
  if (card.answer.querySelector(".labels")) card.answer.append(problem);
  else card.answer.replaceChildren(problem);
  announce(card, text);
}

function announce(card, text) {
  if (cards.has(card)) $("announcements").append(make("p", { textContent: `${card.file.name}: ${text}` }));
}

function showProgress() {
  const done = [...cards].filter((card) => card.isDone).length;
  const all = count(cards.size, "photo");
  $("progress").textContent = done < cards.size ? `${done} of ${all} answered` : all;
  $("answered").hidden = !cards.size;
}

function clear() {
  waiting.length = 0;
  for (const card of cards) URL.revokeObjectURL(card.image.src);
  cards.clear();
  $("results").replaceChildren();
  $("announcements").replaceChildren();
  showProgress();
  $("choose").focus();
}

// ---- what is sent of a photo

async function prepare({ file, note, answer: place }, mostBytes) {
  place.replaceChildren(make("p", { className: "note", textContent: "Classifying…" }));
  note.textContent = "";
  if (file.size > Math.min(LARGE_BYTES, mostBytes)) {
    const content = await shrink(file).catch(() => null); // which the browser cannot decode
    if (content) {
      note.textContent = `Shrunk from ${megabytes(file.size)} to ${megabytes(content.size)} before sending.`;
      return { name: file.name, content };
    }
    if (file.size > mostBytes) throw new Refusal(`The file has ${megabytes(file.size)}: the service takes at most ${megabytes(mostBytes)}.`);
  }
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Refusal("The file cannot be read. It may be a folder, or have been moved.");
  });
  return { name: file.name, content: new Blob([bytes]) };
}

async function shrink(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SHRUNK_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(scale * side)));
  const canvas = make("canvas", { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // under what is transparent, as the service does
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.92); });
}

// ---- events

function takeChosen({ target }) {
  take(target.files);
  target.value = ""; // so that the same photo can be chosen again
}

function takeDropped(event) {
  event.preventDefault();
  $("drop").classList.remove("over");
  if (event.dataTransfer.files.length) take(event.dataTransfer.files);
  else showNotice("That was no file. Save the picture first, then drop it here.");
}

$("choose").addEventListener("change", takeChosen);
$("capture").addEventListener("change", takeChosen);
$("key-form").addEventListener("submit", submitKey);
$("clear").addEventListener("click", clear);
window.addEventListener("drop", takeDropped);
window.addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
window.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("drop").classList.remove("over"); // it left the window
});
window.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length) take(clipboardData.files);
});
loadModel();
