// Marking entities in a text field: what is selected becomes [text](entity), or is bare again.
// A field keeps its selection while another control has the focus.
(() => {
  const fieldOf = (control, name) => (control.closest('form') || document).querySelector(`[name="${name}"]`);

  const put = (field, text, start, end) => {
    field.setRangeText(text, start, end, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
  };

  const mark = (select) => {
    const field = fieldOf(select, select.dataset.mark);
    const text = field.value.slice(field.selectionStart, field.selectionEnd);
    if (select.value && text.trim() && !/[\[\]\n]/.test(text)) {
      put(field, `[${text}](${select.value})`, field.selectionStart, field.selectionEnd);
    }
    select.value = '';
  };

  const unmark = (control) => {
    const field = fieldOf(control, control.dataset.unmark);
    const from = field.value.lastIndexOf('[', field.selectionStart);
    const found = /^\[([^\]\n]+)\](\([^)\n]+\)|\{[^}\n]+\})/.exec(field.value.slice(Math.max(from, 0)));
    if (from >= 0 && found && from + found[0].length >= field.selectionEnd) put(field, found[1], from, from + found[0].length);
  };

  const insert = (control) => {
    const boxes = [...document.querySelectorAll('textarea[data-wording]')];
    const field = boxes.find((box) => box.dataset.last) || boxes[0];
    if (field) put(field, control.dataset.insert, field.selectionEnd, field.selectionEnd);
  };

  // With the mouse a choice counts at once; with the keys one walks through the list, and Enter chooses.
  document.addEventListener('pointerdown', (event) => delete event.target.closest?.('[data-mark]')?.dataset.keys);
  document.addEventListener('change', (event) => {
    if (event.target.dataset?.mark && !event.target.dataset.keys) mark(event.target);
  });
  document.addEventListener('keydown', (event) => {
    const select = event.target.closest?.('[data-mark]');
    if (select && event.key === 'Enter' && select.value) {
      event.preventDefault();
      mark(select);
    } else if (select) {
      select.dataset.keys = '1';
    }
    if (event.altKey && event.code === 'KeyM') {
      const near = (document.activeElement.closest?.('form') || document).querySelector('[data-mark]');
      if (near) { event.preventDefault(); near.dataset.keys = '1'; near.focus(); }
    }
  });
  document.addEventListener('click', (event) => {
    const control = event.target.closest?.('[data-unmark], [data-insert]');
    if (control) (control.dataset.unmark ? unmark : insert)(control);
  });
  document.addEventListener('focusin', (event) => {
    if (!event.target.matches?.('textarea[data-wording]')) return;
    document.querySelectorAll('textarea[data-last]').forEach((box) => delete box.dataset.last);
    event.target.dataset.last = '1';
  });
})();
