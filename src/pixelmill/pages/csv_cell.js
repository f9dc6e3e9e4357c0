  // The cell of a CSV file by the rule of untrusted_text.csv_cell, which also gives FORMULA_START:
  // no spreadsheet takes it for a formula.
  const formulaStart = new RegExp(FORMULA_START, "g");
  const csvCell = (value) => {
    const cell = String(value ?? "").replace(formulaStart, "$1'");
    return /^[\t\r\n]/.test(cell) ? `'${cell}` : cell;
  };
