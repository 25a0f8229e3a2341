import { byId, make } from './shared/dom.js';

/**
 * @typedef {string | Node} Cell a text, or an element that is made once for each row
 * @typedef {{key: string, cells: (string | (() => Node))[]}} Row
 */

/**
 * Shows rows, and changes only the texts that are others than before: the focus stays where it is.
 *
 * @param {string} id of the body of the table
 * @param {Row[]} rows
 * @param {string} none what is shown if there are none
 */
export function show(id, rows, none) {
  const body = byId(id);
  const columns = [...body.parentElement.tHead.rows[0].cells];
  const before = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const after = rows.map(({ key, cells }) => {
    const row = before.get(key) ?? make('tr', { 'data-key': key }, ...cells.map((cell, i) => make('td', {
      class: columns[i].className || false,
    }, typeof cell === 'string' ? cell : cell())));
    cells.forEach((cell, i) => {
      if (typeof cell === 'string' && row.cells[i].textContent !== cell) {
        row.cells[i].textContent = cell;
      }
    });
    return row;
  });
  if (after.length === 0) {
    after.push(before.get('') ?? make('tr', { class: 'none', 'data-key': '' }, make('td', { colspan: columns.length }, none)));
  }
  if (after.length !== body.rows.length || after.some((row, i) => row !== body.rows[i])) {
    body.replaceChildren(...after);
  }
}

/**
 * Shows names and values.
 *
 * @param {string} id of the list
 * @param {[string, string][]} facts
 */
export function facts(id, facts) {
  const list = byId(id);
  if (list.children.length !== facts.length) {
    list.replaceChildren(...facts.map(([name]) => make('div', {}, make('dt', {}, name), make('dd'))));
  }
  facts.forEach(([name, value], i) => {
    const [term, text] = list.children[i].children;
    if (term.textContent !== name) {
      term.textContent = name;
    }
    if (text.textContent !== value) {
      text.textContent = value;
    }
  });
}
