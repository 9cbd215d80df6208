"""NCIC codes of places: 2.020 POB, and those marked * also 2.021 CTZ (EBTS 10.0 code tables, EBTS 11.0 appendix O).

One line each: two characters, a star where it is a country of citizenship, the place. Traps: AS is Australia, not American Samoa; MM is
Mexico, MX its State of Mexico; XX is unknown, YY foreign without a code.
"""

from __future__ import annotations

from types import MappingProxyType

_TABLE = """
AA* Albania
AB  Alberta (Canadian Province)
AC* Africa
AD* Andorra
AE  Anguilla
AF* Afghanistan
AG  Aguascalientes (Mexican State)
AH  Ashmore/Cartier Islands
AI* Antigua and Barbuda (formerly Antigua)
AJ* Aruba
AK  Alaska
AL  Alabama
AM  American Samoa (Islands)
AN* Algeria
AO* Angola
AP* Armenia
AQ* Azores Islands
AR  Arkansas
AS* Australia
AT* Argentina
AU* Austria
AV* Azerbaijan
AW* St Kitts/Nevis/Anguilla
AX  Apache Tribe
AY* Antarctica
AZ  Arizona
BA  Baja California (Northern Section) (Mexican State)
BB* Barbados
BC  British Columbia (Canadian Province)
BD* Bahamas, The
BE* Bahrain (Bahrein)
BF  Bassas Da India
BG* Belgium
BH* Belize (British Honduras)
BI* Burundi
BJ  Baja California (Southern Section) (Mexican State)
BK  Baker Island
BL* Bangladesh
BM  Bermuda
BN* Bhutan
BO  British Indian Ocean Territory
BP* Bosnia (Hercegovenia, for Reference only)
BQ  Bouvet Island
BR* Burma
BS* British Solomon Islands(Solomon Islands)
BT* Botswana
BU* Bulgaria
BV* Bolivia
BW* Balearic Islands
BX* Brunei
BY* Belarus
BZ* Brazil
CA  California
CB* Colombia
CC* Cuba
CD* Canada
CE  Campeche (Mexican State)
CF* Chad
CG  Caroline Islands
CH  Chihuahua (Mexican Border State)
CI  Chiapas (Mexican State)
CJ* Cambodia (Kampuchea)
CK* Czechoslavakia
CL  Colima (Mexican State)
CM* Cameroon
CN* China
CO  Colorado
CP  Cayman Islands
CQ* Chile
CR* Costa Rica
CS* Cyprus
CT  Connecticut
CU  Coahuila (Mexican State)
CV* Cape Verde Islands
CW* Central African Republic
CX* Congo
CY* Ceylon (now Sri Lanka)
CZ  Canal Zone (United States)
DA  Cheyenne & Arapaho Tribes
DB  Clipperton Island
DC  Dist of Columbia
DD  Cocos (Keeling) Islands
DE  Delaware
DF  Distrito Federal (Mexico, D.F.)
DG* Comoros, Fed Islamic Rep
DH* Benin (formerly Dahomey)
DI* Cook Islands
DJ  Coral Sea Islands
DK* Denmark
DL  Devils Lake Sioux Tribe
DM* Dominica
DN* Djibouti
DO  Durango (Mexican State)
DP  Comanche Nation
DQ  Ak Chin Indian Community of Maricopa Indian Rsvn, AZ
DR* Dominican Rep
DS  Miami Tribe
DT  Muscogee (Creek Tribe)
DU* Ducie Islands
DV  Seneca-Cayuga Tribes
DW  Citizen Potawatomi Nation
DX  Alabama-Coushatta Tribes of TX
DY  Alabama-Quassarte Tribal Town, OK
DZ  Arapahoe Tribe of the Wind River Rsvn, WY
EA  Aroostook Band of Micmac Indians of ME
EB  Bay Mills Indian Community, MI
EC  Blackfeet Tribe of the Blackfeet Indian Rsvn of MT
ED  Burns Paiute Tribe of the Burns Paiute Indian Colony of OR
EE  Absentee Shawnee
EF  Cayuga Nation of NY
EG  Cheyenne River Sioux Tribe of the Cheyenne River Rsvn, SD
EH  Chickasaw Nation, OK
EI  Chippewa-Cree Indians of the Rocky Boy's Rsvn MT
EJ  Chitimacha Tribe of LA
EK* Equatorial Guinea
EL* El Salvador
EM* East Germany
EN* England
EO* Ethiopia
EP  Cocopah Tribe of AZ
EQ  Coeur D'Alene Tribe of the Coeur D'Alene Rsvn, ID
ER  Europa Island
ES* Estonia
ET* Eritrea
EU* Ecuador
EV  Colorado River Indian Tribe of CO River Indian Rsvn, AZ & CA
EW  Confederated Tribes of the Chehalis Rsvn, WA
EX  Confederated Tribes of the Colville Rsvn, WA
EY* Egypt
EZ* Czech Republic
FA  Falkland Islands
FB  Confederated Tribes of the Goshute RSVN, NV and UT
FC  Fond du Lac
FD* Finland
FE  Confederated Tribes of the Umatilla Rsvn, OR
FF  Confederated Tribes of the Warm Springs Rsvn of OR
FG  French Guiana
FH  Coushatta Tribe of LA
FJ* Fiji Islands
FK  Crow Creek Sioux Tribe of the Crow Creek Rsvn, SD
FL  Florida
FM  Crow Tribe of MT
FN* France
FO* Faroe Islands
FP* French Polynesia
FQ  Eastern Band of Cherokee Indians of NC
FR* Fr Southrn/Antartic Land
FS* Fed States of Micronesia
FT  Eastern Shosone Tribe WY
FU  Ely Shosone Tribe of NV
FV  Paiute-Shosone Tribe of the Fallon Rsvn and Colony, NV
FW  Flandreau Santee Sious Tribe of SD
FX  Sac and Fox
FY  Fort Belknap Indian Community of Fort Belknap Rsvn of MT
FZ  Fort McDowell Yavapai Nation, AZ
GA  Georgia
GB* Gabon
GC* Greece
GD* Georgia/Gruzinskaya
GE* Germany (Also see EM and WG)
GF  Guernsey
GG* Ghana
GI* Guinea
GJ* Grenada
GK* Gambia
GL* Gilbert and Ellice Islands
GM  Guam
GN* Greenland
GO  Glorioso Islands
GP  Guadeloupe
GQ  Fort Mojave Indian Tribe of AZ, CA & NV
GR  Guerrero (Mexican State)
GS* S Georgia/S Sandwich Isl
GT* Guatemala
GU  Guanajuato (Mexican State)
GV  Assiniboine and Sioux Tribes of Fort Peck Indian Rsvn, MT
GX  Gila River Indian Community of Gila River Indian Rsvn, AZ
GY* Guyana (Includes French Guiana)
GZ* Gaza
HB  Grand Traverse Band of Ottawa and Chippewa Indians, MI
HC* Hercegovena
HD* Honduras
HE  Heard Isl/McDonald Isl
HF  Hannahville Indian Community, MI
HG  Havasupai Tribe if the Havasupai Rsvn, AZ
HI  Hawaii
HJ  Hoh Indian Tribe of the Hoh Indian Rsvn, WA
HK* Hong Kong
HL  Hidalgo (Mexican State)
HM  Hopi Tribe of Arizona
HN* New Hebrides (now Vanuata)
HO  Howland Island
HP  Hualapai Indian Tribe of Hualapai Indian Rsvn, AZ
HQ  Iowa Tribe of KS & NB
HR  Christmas Island
HS  Saint Helena
HT* Haiti
HU* Hungary
HW  Jamestown S'Klallam Tribe of WA
HX  Jena Band Choctaw Indians, LA
HZ  Jicarilla Apache Nation, NM
IA  Iowa
IB  Man, Isle of
IC* Iceland
ID  Idaho
IE* Ireland
IF  Kaibab Band of Paiute Indians of the Kaibab Indian Rsvn, AZ
IG  Kalispel Indian Community of Kalispel Indian Rsvn WA
IH  Kaw Nation, OK
II* India
IK  Keweenaw Bay Indian Community, MI
IL  Illinois
IM  Madeira Islands
IN  Indiana
IO* Indonesia
IP  Internat License
IQ* Iraq
IR* Iran
IS* Israel
IT* Italy
IU* Niue
IV  Kickapoo Tribe of Indians of the Kickapoo Rsvn in KS
IW  Iowa Tribe
IX  Menominee Indian Nation
IY* Cote dIvoire (Ivory Coast)
IZ  Kotenai Tribe of ID
JA* Japan
JB  Lac Vieux Desert Band of Lake Superior Chippewa Indians, MI
JD  Little River Band of Ottawa Indians, MI
JE  Jersey
JF  Little Traverse Bay Bands of Odawa Indians, MI
JG  Lovelock Paiute Tribe of the Lovelock Indian Colony, NV
JH  Lower Brule Sioux Tribe of the Lower Elwha Rsvn, WA
JI  Johnston Island
JJ  Lower Elwha Tribal Community of the Lower Elwha Rsvn, WA
JK  Lummi Tribe of the Lummi Rsvn, WA
JL  Jalisco (Mexican State)
JM* Jamaica
JN  Jan Mayen
JO* Jordan
JP  Makah Indian Tribe of the Makah Indian Rsvn, WA
JQ  Mashantucket Pequot Tribe of CT
JR  Jarvis Island
JS  Match-E-Be-Nash-She-Wish Band of Pottawatomie Indians of MI
JT  Mescalero Apache Tribe of the Mescalero Rsvn, NM
JU* Juan de Nova Island
JV  Metlakatla Indian Community, Annette Island AK
JW  Miccosukee Tribe of Indians, FL
JX  Missisippi Band of Choctaw Indians
JY  Muckleshoot Indian Tribe of the Muckleshoot Rsvn, WA
JZ  Narragansett Indian Tribe of RI
KB* Gilbert Islands (now Kiribati)
KC* Croatia
KD  Navajo Nation, AZ, NM and UT
KE* Kenya
KF  Nez Perce Tribe, ID (Frmrly Listed Nez Perce Tribe of ID)
KG  Nisqually Indian Tribe of the Nisqually Rsvn, WA
KH* Manahiki Island
KI  Kingman Reef
KJ  Nooksack Indian Tribe of Washington
KK  Kickapoo Tribe
KL  Northern Cheyenne Tribe of the North. Chey. Indian Rsvn, MT
KM  Nottawaseppi Huron Band of Potawatomie, MI- Frmr Hur. Pot., Inc.
KN* North Korea
KO* South Korea
KP  Shakopee
KQ  Ohkay Owingeh, NM (Foremerly the Pueblo of San Juan)
KS  Kansas
KT* Kazakhstan
KU* Kuwait
KV* Kosovo
KW  Kiowa
KX  Omaha Tribe of NB
KY  Kentucky
KZ* Kyrgyzstan
LA  Louisiana
LB* Liberia
LC  Mille Lacs
LD* Moldova
LE* Lesotho
LF* Slovakia
LG  Onondaga Nation of NY
LH* Lithuania
LI* Liechtenstein
LJ  Pascua Yaqui Tribe of AZ
LK  Passamaquoddy Tribe of ME
LL  Leech Lake Band of Chippewa
LM  Penobscot Tribe of ME
LN* Lebanon
LO* Slovenia
LP  Lac du Flambeau
LQ  Poarch Band of Creek Indians of AL
LR  Pokagon Band of Potawatomi Indians, MI & IN
LS* Laos
LT* Latvia
LU* Saint Lucia
LV  Port Gamble of Indian Community of the Port Gamble Rsvn, WA
LW  Prairie Band of Potawatomi Nation, KS
LX* Luxembourg
LY* Libya
LZ  Pueblo of Acoma, NM
MA  Massachusetts
MB  Manitoba (Canadian Province)
MC  Michoacan (Mexican State)
MD  Maryland
ME  Maine
MF* Malawi
MG* Mongolia
MH  Marshall Islands
MI  Michigan
MJ* Monaco
MK  Mariana Islands (U.S. Trust Territory-U.S.)
ML* Mali
MM* Mexico
MN  Minnesota
MO  Missouri
MP* Madagascar (included in Malagasy Republic)
MQ* Morocco
MR  Morelos (Mexican State)
MS  Mississippi
MT  Montana
MU* Mauritania
MV* Maldives
MW  Midway Islands
MX  Mexico (Mexican State)
MY* Malta
MZ* Malaysia
NA  Nayarit (Mexican State)
NB  Nebraska
NC  North Carolina
ND  North Dakota
NE* Holland (Netherlands)
NF* Newfoundland (Includes Labrador; Canadian Province)
NG* Nigeria
NH  New Hampshire
NI  Northern Ireland
NJ  New Jersey
NK  New Brunswick (Canadian Province)
NL  Nuevo Leon (Mexican State)
NM  New Mexico
NN* Niger
NO* New Guinea (now Papua New Guinea)
NP* Nepal
NQ  New Caledonia
NR* Nauru
NS  Nova Scotia (Canadian Province)
NT  Northwest Territories (Canadian Admin. Division)
NU* Nicaragua
NV  Nevada
NW* Norway
NX* Bonaire (Netherlands Antilles)
NY  New York
NZ* New Zealand
OA  Oaxaca (Mexican State)
OB  Pueblo of Cochiti, NM
OC* Macao (Macau)
OD  Pueblo of Isleta, NM
OE  Pueblo of Jemez, NM
OF  Norfolk Island
OG  Osage Nation
OH  Ohio
OI  Okinawa
OJ  Pueblo of of Laguna, NM
OK  Oklahoma
OL  Pueblo of Nambe, NM
OM* Oman
ON  Ontario (Canadian Province)
OO  Otoe-Missouria Tribe
OP  Pueblo of Picuris, NM
OQ  Pueblo of San Felipe, NM
OR  Oregon
OS  Oglala Sioux
OT  Oneida Tribe of Indians of Wisconsin
OU  Pueblo of San Ildefonso, NM
OV  Pueblo of Sandia, NM
OW  Pueblo of Santa Ana, NM
OX  Pueblo of Santa Clara, NM
OY  Kewa Pueblo. NM (Formerly Pueblo of Santa Domingo, NM)
OZ  Oneida Nation of NY
PA  Pennsylvania
PB  Puebla (Mexican State)
PC  Pitcairn, Henderson, Ducie, and Oeno Island
PD* Republic of Palau
PE  Prince Edward Island (Canadian Province)
PF* Paracel Islands
PG* Guinea-Bissau (formerly Portuguese Guinea)
PH  Pueblo of Taos, NM
PI* Philippines
PJ  Pueblo of Tesuque, NM
PK* Pakistan
PL  Palmyra Atoll
PM* Panama
PN  Ponca Tribe
PO* Poland
PP  Pueblo of Zia, NM
PQ  Quebec (Canadian Province)
PR* Puerto Rico
PS  St Pierre and Miquelon
PT* Portugal
PU* Peru
PV* Paraguay
PW  Pawnee Tribe
PX  Pueblo of Zuni, NM
PY  Puyallup Tribe of the Puyallup Rsvn, WA
PZ  Pyramid Lake Paiute Tribe of the Pyramid Lake Rsvn, NV
QA* Qatar
QB  Quechan Tribe of the Fort Yuma Indian Rsvn CA & AZ
QC  Quileute Tribe of the Quileute Rsvn, WA
QD  Quinault Tribe of the Quinault Rsvn, WA
QE  Reno-Sparks Indian Colony, NV
QF  Rosebud Sioux Tribe of the Rosebud Indian Rsvn, SD
QG  Sac and Fox Nation of Missouri in KS and NB
QH  Sac and Fox Tribe of the MS in IA
QI  Saginaw Chippewa Indian Tribe of MI
QJ  St Regis Mohawk Tribe, NY- Frmr St Reg. Band Mohawk Indians
QK  Salt River Pima-Maricopa Indian Comm. Of Salt River Rsvn, AZ
QL  Samish Indian Tribe, WA
QM  San Carlos Apache Tribe of the San Carlos Rsvn, AZ
QN  Santee Sioux Nation, NB
QO  Sauk- Suiattle Indian Tribe of WA
QP  Sault Sainte Maire Tribe of Chippewa Indians of MI
QQ  Seminole Tribe of FL-Dan, Big Cyp, Brghtn, Hllywd & Tmp Rsvns
QR  Quintana Roo (Mexican State)
QS  Seneca Nation of New York
QT  Shoalwater Bay Tribe of the Shoalwater Bay Indian Rsvn, WA
QU  Queretaro (Mexican State)
QV  Shosone-Bannock Tribes of the Fort Hall Rsvn of ID
QW  Shosone-Paiute Tribes of the Duck Valley Rsvn of NV
QX  Sisseton-Wahpeton Oyate of the Lake Traverse Rsvn, SD
QY  Skokomish Indian Tribe of the Skokomish Rsvn, WA
QZ  Skull Valley Band of Goshute Indians of UT
RA* Russia
RB* Republic of Congo, Brazzaville
RC* Peoples Republic of China
RD  Snoqualmie Tribe, WA
RE  Reunion
RF  Russian Federation
RG  Gibraltar
RH* Rhodesia (now Zimbabwe)
RI  Rhode Island
RJ  Southern Ute Indian Tribe of CO
RK  Spirit Lake Tribe of the Spokane Rsvn, WA
RL  Red Lake
RM  Spokane Tribe of the Spokane Rsvn, WA
RN  Squaxin Island Tribe of Squaxin Island Rsvn, WA
RO  Standing Rock Sioux Tribe of North & South Dakota
RP  Summit Lake Paiute Tribe of NV
RQ  Suquamish Indian Tribe of the Port Madison Rsvn, WA
RR  Montserrat
RS* Spanish Sahara (now Western Sahara)
RT  Swinomish Indians of the Swinomish Rsvn, WA
RU* Romania/Rumania
RV* Socialist Republic of Vietnam
RW* Rwanda
RX  Te-Moak Tribe of W. Shosone Indians of NV
RY* Republic of Yemen
RZ  Three Affiliated Tribes of the Fort Berthold Rsvn, ND
SA* Sierra Leone
SB* Saudi Arabia
SC  South Carolina
SD  South Dakota
SE* Seychelles
SF* South Africa
SG* Senegal
SH* San Marino
SI  Sinaloa (Mexican State)
SJ* South-Wst Africa (Namibia)
SK  Seminole Nation
SL  San Luis Potosi (Mexican State)
SM* Somalia
SN  Saskatchewan (Canadian Province)
SO  Sonora (Mexican State)
SP* Spain
SQ* Sweden
SR* Singapore
SS* Scotland
ST* People's Democratic Republic of Yemen
SU* Sudan
SV  Svalbard
SW* Swaziland
SX* Soviet Union (USSR/Russia)
SY* Syria
SZ* Switzerland
TA  Tamaulipas (Mexican State)
TB  Tabasco (Mexican State)
TC* Trucial States (now United Arab Emirates)
TD  Trust Territory of Pacific Islands
TE* Spratly Islands
TF* Tuamontu Archipelago
TG* Tonga
TH* Thailand
TJ* Tajikistan
TK  Tokelau
TL  Tlaxcala (Mexican State)
TM  Tromelin Island
TN  Tennessee
TO* Togo
TP* Sao Tome and Principe
TQ* Tongareva
TR* Turks and Caicos Islands
TS* Nevis and Saint Christopher Kitts
TT* Trinidad / Tobago
TU* Tunisia
TV* Ellice Islands (now Tuvalu)
TW* Taiwan, Republic of China
TX  Texas
TY* Turkey
TZ* Tanzania, United Republic of
UA* United Arab Rep
UB  Tohono O'Odham Nation of AZ
UC  Turtle Mt Bnd of Chipewa
UD  Tonawanda Band of Seneca Indians of NY
UE  Tonkawa Tribe of Indians of OK
UF  Tonto Apache Tribe of AZ
UG* Uganda
UH  Tulalip Tribes of the Tulalip Rsvn, WA
UI  Yunica-Biloxi Indian Tribe of LA
UJ  Tuscarora Nation of NY
UK* Ukraine
UL  Upper Skagit Indian Tribe of WA
UM* Mauritius
UN* United Kingdom
UO  Ute Indian Tribe of the Uintah & Ouray Rsvn, UT
UP  Ute Mountain Tribe of the Ute Mountain Rsvn, CO, NM & UT
UQ  Walker River Paiute Tribe of the Walker River Rsvn, NV
UR* Turkmenistan
US* United States
UT  Utah
UU  Wampanoaq Tribe of Gay Head (Aquinnah) of MA
UV* Burkina Faso/Upper Volta
UW  Washoe Tribe of NV & CA-Carson, Drsslrvll,Woodfrds, Stewrt, Wash
UX  White Mountain Apache Tribe of the Ft Apache Rsvn, AZ
UY* Uruguay
UZ* Uzbekistan
VA  Virginia
VB  British Virgin Islands
VC  Veracruz (Mexican State)
VD  Winnebago Tribe of NB
VE  Wyandotte Nation, OK
VF  Vakama Nation, OK
VG  Yakton Sioux Tribe of SD
VH  Yavapai-Apache Nation of the Camp Verde Indian Rsvn, AZ
VI  U S Virgin Islands
VJ  Yavapai-Prescott Tribe of the Yavapai Rsvn, AZ
VK  Yerington Paiute Tribe of Yerington Colony & Cambell Rnch, NV
VL  Navassa Island
VO  Yomba Shosone Tribe of the Yomba Rsvn, NV
VP  Catawba Indian Nation, SC (AKA Catawba Tribe of SC)
VQ  Confederated Salish & Kootenai Tribes of the Flathead Rsvn, MT
VR  Conf. Tribes of the Coos, Lower Umpqua and Siuslaw Indians of OR
VT  Vermont
VU  Confederated Tribes of the Grand Ronde Community of OR
VV* St. Vincent and the Grenadines
VW  Confederated Tribes of Siletz Indians-OR(Conf. Tribes Siletz Rsvn)
VX  Confederated Tribes & Bands of the Yakama Nation, WA
VY  Vatican City
VZ* Venezuela
WA  Washington
WB* West Bank
WC  Coquille Tribe of OR
WD  Wyandotte Tribe
WE  White Earth
WF  Wallis and Futuna
WH  Cow Creek Band of Umpqua Indians of OR
WI  Wisconsin
WJ  Cowlitz Indian TRIBE< WA
WK  Wake Island
WL* Wales
WM  Duckwater Shosone Tribe of the Duckwater Rsvn, NV
WN* West Indies
WO  Forest County Potawatomi Community of WI
WP  Fort McDermitt Paiute & Shosone Tribes of F.M. Indians Rsvn, NV & OR
WQ  Fort Sill Apache Tribe of OK
WR  Houlton Band of Maliseet Indians of ME
WS* Western Samoa
WT  Wichita Tribe
WU  Kickapoo Traditional Tribe of TX
WV  West Virginia
WX  Klamath Tribes, OR
WY  Wyoming
WZ  Lac Courte Oreilles Band of Lake Superior Chippewa Indians, WI
XA* Serbia
XB* Montenegro
XC  Bad River Band of Lake Superior Tribe of Chippewa Indians
XD  Caddo Tribe
XE  Cherokee Nation
XF  Delaware Nation
XG  Eastern Shawnee Tribe
XH  Modoc Tribe
XI  Ottawa Tribe
XJ  Peoria Tribe
XK  Quapaw Tribe
XL  United Keetoowah Band of Cherokee Indians
XM  Western Delaware Tribe
XN  Nunavut (Canadian Territory)
XO  Grand Portage Band of Lake Superior Chippewa
XP  Bois Forte Band of Chippewa
XQ  Delaware Tribe of OK
XR  Las Vegas Tribe of Paiute Indians of Las Vegas Indian Clny, NV
XS  Lower Sioux Indian Community in the State of MN
XT  Mashpee Wampanoag Tribe of MA
XU  Minnesota Chippewa Tribe, MN
XV  Moapa Band of Paiute Indians of NV
XW  Mohegan Indian Tribe of CT
XX* Unknown
XZ  Paiute Indian Tribe of UT
YB  Ponca Tribe of NB
YC  Prairie Band of Potawatomi Nation, KS
YD  Prairie Island Indian Community in the State of MN
YE* Yemen Arab Republic
YF  Pueblo of Pojoaque, NM
YG* Yugoslavia
YH  Red Cliff Band of Lake Superior Chippewa Indians WI
YI  St. Croix Chippewa Indians of WI
YJ  San Juan Southern Paiute Tribe of AZ
YK  Shakopee Mdewakanton Sioux Community of MN
YL  Shawnee Tribe, OK
YM  Shoshoe Tribe of the Wind River RSVN, WY
YN  Sokaogon Chippewa Community, WI
YO* Mayotte
YP  Stockbridge Munsee Community, WI
YQ  Stillaguamish Tribe of WA
YR  Thlopthlocco Tribal Town, OK
YS  Upper Sioux Community, MN
YT  Yukon (Canadian Territory)
YU  Yucatan (Mexican State)
YV  Winnemucca Indian Colony of NV
YW  Ysleta Del Sur Pueblo of Texas
YX  Zuni Tribe of the Zuni RSVN, NM
YY* Unlisted country (Any foreign country not included in the list)
YZ  Northwestern Band of Shosoni Nation of UT (Washakie)
ZA  Zacatecas (Mexican State)
ZB* Martinique
ZC* Suriname
ZD* Macedonia
ZE  Kialegee Tribe Town, OK
ZI* Canary Islands
ZM* Zambia
ZO* Mozambique
ZR* Congo Kinshasa (now Zaire)
"""

_ROWS = [(line[:2], line[2] == "*", line[4:]) for line in _TABLE.strip().splitlines()]
PLACES = MappingProxyType({code: place for code, _, place in _ROWS})  # 2.020 POB
CITIZENSHIPS = MappingProxyType({code: place for code, country, place in _ROWS if country})  # 2.021 CTZ

STATES = frozenset((
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME",
    "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NB", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI",
    "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AM", "GM", "MK", "PR", "VI", "US",
))  # codes that begin an agency's or a state's number: the states, the territories, US for federal agencies  # fmt: skip
