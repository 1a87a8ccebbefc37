// Tables of the page: CSV downloads, sorting, search. Text is only ever set as text.

const content = JSON.parse(document.getElementById("data").textContent);
const words = content.words || {};
const fill = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, i) => parts[i]);
// A name that runs from right to left turns only itself round.
const apart = (name) => (/[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufeff]/.test(name) ? `\u2068${name}\u2069` : name);

function make(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

function save(name, text, type) {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Text that a spreadsheet would take for a formula gets an apostrophe, as in the files that equindex writes.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const HARMLESS = /^(?:[+\-－＋]?[\d.,]+([eE][+-]?\d+)?[%％‰]?|[-－—]+)$/;
function cellOf(text) {
  const safe = FORMULA.test(text) && !HARMLESS.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function saveCsv(name, rows) {
  const lines = rows.map((row) => row.map((cell) => cellOf(String(cell))).join(","));
  save(`${name}.csv`, `\ufeff${lines.join("\r\n")}\r\n`, "text/csv;charset=utf-8");
}

const textOf = (cell) => {
  const exact = cell.dataset.value;
  return exact !== undefined ? exact : cell.textContent.trim().replace(/\s+/g, " ");
};

const rowsOf = (table) => [...table.rows].map((row) => [...row.cells].map(textOf));

// Numbers before text, both rising; what is empty stands last either way.
function compared(a, b, down) {
  if (a === "" || b === "") return (a === "") - (b === "");
  const [x, y] = [Number(a), Number(b)];
  const sign = down ? -1 : 1;
  if (Number.isNaN(x) && Number.isNaN(y)) return sign * a.localeCompare(b, document.documentElement.lang);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
  return sign * (x - y);
}

function sortable(table) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  heads.forEach((head, column) => {
    const label = head.textContent.trim();
    if (!label || head.colSpan > 1) return;
    const button = make("button", label, "x-sort");
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.title = fill(words.sort, label);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => [row.cells[column] ? textOf(row.cells[column]) : "", row]);
      rows.sort((a, b) => compared(a[0], b[0], down));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

function searchable(table, place) {
  const label = make("label", `${words.search_table} `, "x-search");
  const field = make("input");
  field.type = "search";
  const found = make("span", undefined, "x-note");
  found.setAttribute("role", "status");
  label.append(field);
  place.append(label, found);
  const rows = [...table.tBodies[0].rows].map((row) => [row.textContent.toLowerCase(), row]);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const [text, row] of rows) row.hidden = !text.includes(wanted);
    const left = rows.filter(([, row]) => !row.hidden).length;
    found.textContent = wanted ? fill(words.found_rows, left, rows.length) : "";
  });
}

function tools(table) {
  const name = table.dataset.csv;
  const place = make("div", undefined, "x-tools");
  const heading = table.caption ? table.caption.textContent.trim() : name;
  const button = make("button", words.csv);
  button.type = "button";
  button.setAttribute("aria-label", fill(words.csv_of, heading));
  place.append(button);
  const frame = table.closest("[role=region]") || table;
  frame.before(place);
  button.addEventListener("click", () => saveCsv(name, table.dataset.live === undefined ? rowsOf(table) : liveRows()));
  if (table.dataset.live !== undefined || !table.tHead || table.tBodies.length !== 1) return;
  const count = table.tBodies[0].rows.length;
  const plain = [...table.tBodies[0].rows].every((row) => [...row.cells].every((cell) => cell.rowSpan === 1 && cell.colSpan === 1));
  if (plain && count >= 12) sortable(table);
  if (count >= 25) searchable(table, place);
}

let liveRows = () => [];
for (const table of document.querySelectorAll("table[data-csv]")) tools(table);
