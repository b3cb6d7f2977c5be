// SPDX-License-Identifier: Apache-2.0
// Texts for people, and elements.
const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Writing what is there already would still cost a layout.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function number(value, digits = 3) {
  if (value === null || value === undefined || !isFinite(value)) return "–";
  if (Math.abs(value) >= 1e6) return (value / 1e6).toFixed(1) + " M";
  if (Math.abs(value) >= 1e4) return (value / 1e3).toFixed(1) + " k";
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

// Scores stand below each other.
const fixed = (value) => value === null || value === undefined ? "–" : value.toFixed(3);

function rate(value) {
  if (value === null || value === undefined) return "–";
  return value >= 10 ? number(Math.round(value)) : value === 0 ? "0" : value.toFixed(1);
}

function duration(seconds) {
  if (seconds === null || seconds === undefined || !isFinite(seconds)) return "–";
  if (seconds < 1e-3) return number(seconds * 1e6) + " µs";
  if (seconds < 1) return number(seconds * 1e3) + " ms";
  if (seconds < 120) return number(seconds) + " s";
  return number(seconds / 60) + " min";
}

const percent = (share) => share === null || !isFinite(share) ? "–" : Math.round(share * 100) + "%";

function clock(wallNs) {
  const date = new Date(wallNs / 1e6);
  const pad = (n, width = 2) => String(n).padStart(width, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}
