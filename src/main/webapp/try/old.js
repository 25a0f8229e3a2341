// For browsers without modules: it must stay in the JavaScript that they read.
var note = document.getElementById('unsupported');
if (note) {
  note.textContent = 'This browser is too old for this page. It needs JavaScript modules and WebCrypto.';
  note.hidden = false;
}
