// Reads a JSON list of entities and prints a JSON list of what Backstage's own catalog model says against each.
const model = require("@backstage/catalog-model");

const policies = [
  new model.SchemaValidEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
];

async function complaint(entity) {
  try {
    for (const each of policies) await each.enforce(entity);
    const kind = model[`${String(entity.kind).toLowerCase()}EntityV1alpha1Validator`];
    if (!kind) return `no validator for the kind ${entity.kind}`;
    return (await kind.check(entity)) ? null : `not of the kind ${entity.kind}`;
  } catch (error) {
    return String(error.message ?? error);
  }
}

let text = "";
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", async () => {
  const told = [];
  for (const each of JSON.parse(text)) told.push(await complaint(each));
  process.stdout.write(JSON.stringify(told));
});
