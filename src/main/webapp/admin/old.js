// For browsers without modules: it must stay in the JavaScript that they read.
var note = document.getElementById('lost');
if (note) {
  note.textContent = 'This browser is too old for this page. It needs JavaScript modules, which browsers have since 2018.';
  note.removeAttribute('hidden');
}
