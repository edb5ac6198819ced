/**
 * Rules of `no-restricted-syntax` for the code that shows something in VS Code: only the wrappers of src/ui/visible may,
 * for they make the texts of others harmless. Part of eslint.config.mjs.
 */
const message = 'Texts are shown through src/ui/visible, which makes what others wrote harmless.';

const shows = [
  'show(Information|Warning|Error)Message',
  'show(QuickPick|InputBox|WorkspaceFolderPick|OpenDialog|SaveDialog)',
  'create(QuickPick|InputBox|StatusBarItem|Terminal|OutputChannel|TreeView|WebviewPanel|TextEditorDecorationType)',
  'registerTreeDataProvider',
  'setStatusBarMessage',
  'withProgress',
  'withScmProgress',
].join('|');

export const visibleRules = [
  `MemberExpression[object.property.name='window'][property.name=/^(${shows})$/]`,
  `MemberExpression[object.name='window'][property.name=/^(${shows})$/]`,
  // Another name for it, or a member by a computed name, would get past the two above.
  "MemberExpression[object.property.name='window'][computed=true]",
  "MemberExpression[object.name='vscode'][computed=true]",
  ":not(MemberExpression, TSQualifiedName) > MemberExpression[object.name='vscode'][property.name='window']",
  "VariableDeclarator[init.name='vscode'] > ObjectPattern",
  "ImportDeclaration[source.value='vscode'][importKind!='type'] > ImportSpecifier",
  "NewExpression[callee.property.name='MarkdownString']",
  "AssignmentExpression[left.property.name='title'][left.object.property.name='panel']",
  "AssignmentExpression[left.property.name='title'][left.object.name='panel']",
].map((selector) => ({ selector, message }));
