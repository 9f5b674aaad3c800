// Texts of the emoji picker. Groups have emojibase's numbers.
const languages = {
	en: {
		search: 'Search emoji',
		none: 'No emoji of that name.',
		recent: 'Recently used',
		tone: 'Skin tone',
		groups: {
			0: 'Smileys & feelings',
			1: 'People & body',
			3: 'Animals & nature',
			4: 'Food & drink',
			5: 'Travel & places',
			6: 'Activities',
			7: 'Objects',
			8: 'Symbols',
			9: 'Flags',
		},
	},
	zh: {
		search: '搜索表情',
		none: '没有这个名字的表情。',
		recent: '最近使用',
		tone: '肤色',
		groups: {
			0: '表情与情感',
			1: '人物与身体',
			3: '动物与自然',
			4: '食物与饮料',
			5: '旅行与地点',
			6: '活动',
			7: '物品',
			8: '符号',
			9: '旗帜',
		},
	},
};

export const wordsIn = (language) => languages[language];
