// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a data package with Frictionless Data's reference library and casts every cell of every
// table by its schema. Prints a line a fault; exits 1 when there is one.
//   node check.cjs FOLDER
const path = require("path");
const { Package } = require("datapackage");

async function check(folder) {
  const faults = [];
  const found = await Package.load(path.join(folder, "datapackage.json"), { strict: false });
  for (const fault of found.errors) faults.push(`datapackage.json: ${fault.message}`);
  let rows = 0;
  for (const resource of found.resources) {
    if (!resource.valid || !resource.tabular) faults.push(`${resource.name}: not a valid table`);
    const table = await resource.table;
    if (!table.schema.valid) faults.push(`${resource.name}: the schema is not valid`);
    try {
      const headers = await table.read({ limit: 0 }).then(() => table.headers);
      const fields = table.schema.fieldNames;
      if (headers.join() !== fields.join()) faults.push(`${resource.name}: header differs`);
      rows += (await table.read({ keyed: true, forceCast: false })).length;
    } catch (fault) {
      const several = fault.multiple ? fault.errors.slice(0, 5) : [fault];
      for (const one of several) faults.push(`${resource.name}: ${one.message}`);
    }
  }
  console.log(`${found.resources.length} tables, ${rows} rows`);
  return faults;
}

check(process.argv[2]).then(
  (faults) => {
    for (const fault of faults) console.log(fault);
    process.exit(faults.length > 0 ? 1 : 0);
  },
  (fault) => {
    console.log(String(fault));
    process.exit(1);
  },
);
