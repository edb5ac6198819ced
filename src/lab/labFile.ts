export { addGuest, newLabText, removeGuest, updateGuest } from './labEdits';
export { emptyLab, parseLab, type LabProblem, type LabRead } from './labRead';
