// The rooms that the reader wants first.
import { createStoredMap } from '../base/stored-map.js';

const favourites = createStoredMap('favourite.');

export const onFavourites = favourites.onChange;
export const isFavourite = (room) => Boolean(favourites.get(room));
export const setFavourite = (room, isWanted) => favourites.set(room, isWanted ? 'yes' : '');
