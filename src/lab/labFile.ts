export { addGuest, newLabText, removeGuest, setSuite, updateGuest } from './labEdits';
export { emptyLab, parseLab, type LabProblem, type LabRead } from './labRead';
