// The page of a family: what is typed as a budget decides what plot and table show.

const members = JSON.parse(document.getElementById("family").textContent);
const axis = document.getElementById("axis"), fields = [...document.querySelectorAll(".limits input")];
const plot = new Plot(document.getElementById("plot"), members, pointed);
const table = new Table(document.querySelector("table"), members, pointed);

function pointed(at) {
  plot.point(at);
  table.point(at);
}

// The limits that are typed; one that is no number, or below nothing, is marked and left out.
function limits() {
  const found = {};
  for (const field of fields) {
    const valid = field.checkValidity();
    field.ariaInvalid = String(!valid);
    if (valid && field.value) found[field.id] = IN_UNITS[field.id](field.valueAsNumber);
  }
  return found;
}

const sentence = (words) => `${words[0].toUpperCase()}${words.slice(1)}.`;

// What is to be taken, and why not if nothing fits.
function verdict({ member, over }) {
  const name = tell("strong", member.name);
  if (!over.length) return [tell("p", "Take"), name, ...member.details.map((words) => tell("span", words))];
  const beyond = over.map(({ words }) => tell("span", sentence(words)));
  return [tell("p", "No student fits. The nearest is"), name, ...beyond];
}

function update() {
  const wanted = limits(), choice = choose(members, wanted), teacher = members.find((each) => each.teacher);
  const over = new Set(members.filter((each) => !each.teacher && excess(each, wanted, teacher).length));
  const word = choice.over.length ? "nearest" : "pick", pick = document.getElementById("pick");
  pick.classList.toggle("none", choice.over.length > 0);
  pick.replaceChildren(...verdict(choice));
  table.choose(choice.member, word);
  plot.show({ axis: axis.value, limits: wanted, over, pick: choice.member, word });
}

axis.append(...Object.entries(AXES).map(([key, { title }]) => new Option(title, key)));
axis.addEventListener("change", update);
for (const field of fields) field.addEventListener("input", update);
update();
