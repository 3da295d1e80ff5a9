// A form that came back: the first thing that is wrong has the focus, so that nobody has to look for it.
// Without this module every message still stands beside its field.
const wrong = document.querySelector('main [aria-invalid="true"]');
const folded = wrong?.closest("details");
if (folded) folded.open = true;
wrong?.focus();
